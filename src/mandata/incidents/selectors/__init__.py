"""Reads of breaches: `desk` and `register` for the operator, `share` for a controller in its scope."""
