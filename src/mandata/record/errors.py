"""What the record refuses."""

from mandata.foundation.errors import Fault, NotFound, Refused


class NoSuchHead(NotFound):
    """No head was signed for so many entries."""


class NothingToPack(Refused):
    """The log has nothing in the period that a pack could hold."""


class OlderDatabase(Fault):
    """The database knows less than the outside log: an older one was put in place."""


class Contradicted(Fault):
    """The outside log and the record tell different things, or the one lacks what the other needs."""
