"""How dealing with sub-processors goes wrong."""

from mandata.foundation.errors import NotFound, Refused


class NoSuchSubProcessor(NotFound):
    """The register holds no such sub-processor."""

    code = "subprocessors.unknown"


class NoSuchChange(NotFound):
    """No such change was announced, or not to this controller."""

    code = "subprocessors.no_change"


class NoSuchObjection(NotFound):
    """This controller filed no such objection."""

    code = "subprocessors.no_objection"


class BadEntry(Refused):
    """An entry that the public register cannot take: a name that is there already, an unknown country or kind."""

    code = "subprocessors.bad_entry"
    status = 422


class WrongState(Refused):
    """What is asked for cannot follow upon what was done before."""

    code = "subprocessors.state"


class AlreadyObjected(WrongState):
    """This controller has an objection to the change already, and it is open."""

    code = "subprocessors.already_objected"
