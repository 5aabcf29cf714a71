"""Django's registration of the area."""

from django.apps import AppConfig


class RecordConfig(AppConfig):
    """The Merkle log: append, prove, verify."""

    name = "mandata.record"
    label = "record"
