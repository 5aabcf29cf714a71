"""Verbs of audits, in a controller's scope; each module is one part of the way."""
