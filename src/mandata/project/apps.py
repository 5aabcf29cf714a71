"""Joins ports to providers once everything is loaded."""

from django.apps import AppConfig


class ProjectConfig(AppConfig):
    """Calls the wiring."""

    name = "mandata.project"
    label = "project"

    def ready(self) -> None:
        from mandata.infra import logs
        from mandata.infra.environment import env
        from mandata.project import wiring

        logs.configure(env().log_level)
        wiring.wire()
