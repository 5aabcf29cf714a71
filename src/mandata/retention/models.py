"""Tables of retention."""
