"""What an audit may be, and what a pack of evidence holds. Pure."""
