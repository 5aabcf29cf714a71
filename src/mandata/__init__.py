"""Mandata: an e-mailing platform whose data processing agreement runs."""

__version__ = "0.1.0"
