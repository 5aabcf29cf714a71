"""Tables of assistance."""
