"""Audience: subscribers, a person's page, lists, fields, imports, export."""
