"""Django's registration of the area."""

from django.apps import AppConfig


class AuditsConfig(AppConfig):
    """Audits of the processor, and evidence packs."""

    name = "mandata.audits"
    label = "audits"
