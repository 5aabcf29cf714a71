"""Tables of measures."""
