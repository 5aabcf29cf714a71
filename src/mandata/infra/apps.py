"""Django's registration of the plumbing."""

from django.apps import AppConfig


class InfraConfig(AppConfig):
    """Holds the shared cache's table and nothing else."""

    name = "mandata.infra"
    label = "infra"
