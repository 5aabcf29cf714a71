"""What the vault refuses."""

from mandata.foundation.errors import Fault, Refused


class DoesNotOpen(Fault):
    """An envelope or a wrapped key that does not open: another key, another place, or changed bytes."""


class KeyDestroyed(Refused):
    """The holder's key is gone: what it sealed can be read by nobody any more."""

    code = "vault.key_destroyed"
    status = 410


class KeysMissing(Fault):
    """The keys folder does not hold what the database needs."""
