"""Reads of the vault that need no key. In a scope."""

from mandata.vault.models import Epoch


def living_epochs() -> list[int]:
    """Return the numbers of the controller's epochs whose key was not destroyed, oldest first."""
    return list(Epoch.objects.filter(destroyed_at=None).order_by("number").values_list("number", flat=True))
