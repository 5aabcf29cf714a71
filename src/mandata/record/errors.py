"""What the record refuses."""

from mandata.foundation.errors import NotFound, Refused


class NoSuchHead(NotFound):
    """No head was signed for so many entries."""


class NothingToPack(Refused):
    """The log has nothing in the period that a pack could hold."""
