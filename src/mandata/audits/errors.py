"""What the desk of audits refuses."""

from mandata.foundation.errors import NotFound, Refused


class NoSuch(NotFound):
    """There is no such audit, pack or certificate here."""

    code = "audits.no_such"


class BadRequest(Refused):
    """A request that says too little, or something that cannot be."""

    code = "audits.bad_request"
    status = 422


class NoGround(Refused):
    """The agreement gives no ground to refuse this audit."""

    code = "audits.no_ground"


class NotReady(Refused):
    """Something that the agreement demands before this step is missing."""

    code = "audits.not_ready"


class WrongState(Refused):
    """The audit is not in a state in which this can be done."""

    code = "audits.wrong_state"


class NotYours(Refused):
    """Only the other party can do this."""

    code = "audits.not_yours"


class BadLink(Refused):
    """A link that is wrong, or whose time has passed."""

    code = "audits.bad_link"
    status = 410
