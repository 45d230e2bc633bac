"""History from other senders: one module per source, each of which reads it as the rows of a bundle."""
