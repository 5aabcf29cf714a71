"""Verbs of assistance, in a controller's scope; each module is one desk's."""
