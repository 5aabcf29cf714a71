"""Campaigns: the list, and one campaign as a page with steps (content, audience, checks, send, report)."""
