"""What the holdings refuse, and how an erasure can fail."""

from mandata.foundation.errors import Fault, NotFound, Refused


class NoSuchSubject(NotFound):
    """Nobody with this reference or address is known here."""

    code = "holdings.no_such_subject"


class NothingHeld(Refused):
    """There is nothing to erase or to hand out."""

    code = "holdings.nothing_held"


class UnknownGround(Refused):
    """An erasure needs one of the grounds of Art. 17(1) GDPR or the controller's own decision."""

    code = "holdings.unknown_ground"
    status = 422


class ErasureIncomplete(Fault):
    """An erasure did less than it had announced; all of it was rolled back."""
