"""What goes wrong with backups, for callers who tell one from another."""

from mandata.foundation.errors import Fault


class Busy(Fault):
    """Another backup or prune of this installation is under way."""


class NoIncrement(Fault):
    """An incremental backup is not possible now; a full one is."""
