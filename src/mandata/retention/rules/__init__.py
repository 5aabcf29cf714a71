"""Decisions on keeping and on the end of agreements: pure."""
