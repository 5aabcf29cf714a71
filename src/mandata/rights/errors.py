"""What the rights desk refuses."""

from mandata.foundation.errors import NotFound, Refused


class NoSuchCase(NotFound):
    """There is no such case here."""

    code = "rights.no_such_case"


class BadLink(NotFound):
    """A link that was never made, has expired, or was made for something else: told alike."""

    code = "rights.bad_link"


class NotAskable(Refused):
    """A request that cannot be taken in: no address, an unknown kind."""

    code = "rights.not_askable"
    status = 422


class NotConfirmed(Refused):
    """Nobody has shown yet that the request is the person's own."""

    code = "rights.not_confirmed"


class AlreadyDecided(Refused):
    """Somebody has answered the case already."""

    code = "rights.already_decided"


class BadReason(Refused):
    """A refusal needs a reason that the law knows."""

    code = "rights.bad_reason"
    status = 422


class AnswerGone(Refused):
    """The answer's time has passed and its content is deleted."""

    code = "rights.answer_gone"
    status = 410
