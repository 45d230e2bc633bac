"""The exports of other senders, one module per source, and what they share."""
