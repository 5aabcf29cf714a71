"""What help is, and what it costs. Pure."""
