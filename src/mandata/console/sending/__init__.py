"""Sending: domains, senders, suppression, messages of unknown outcome."""
