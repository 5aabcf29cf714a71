"""Tracking: opens, clicks and unsubscriptions from the door's spool into events and counters; reports."""
