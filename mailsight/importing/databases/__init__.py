"""The databases of open-source senders, one module per source, and what they share."""
