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


class StillWaiting(Refused):
    """Something was asked of the person first: proof of identity, or a fee."""

    code = "rights.still_waiting"


class WordsMissing(Refused):
    """An answer, a doubt or a fee needs an officer's own words or figures."""

    code = "rights.words_missing"
    status = 422


class NotThisKind(Refused):
    """A step that a request of this kind does not have."""

    code = "rights.not_this_kind"


class BadProof(Refused):
    """A file that is no proof of identity that can be taken: too large, or of another type."""

    code = "rights.bad_proof"
    status = 422


class BadReceiver(Refused):
    """An address to which no copy is sent: not https, or inside a private network."""

    code = "rights.bad_receiver"
    status = 422


class NotJoined(Refused):
    """Somebody of the household has not confirmed the request yet."""

    code = "rights.not_joined"


class TooMany(Refused):
    """More than can be taken at once."""

    code = "rights.too_many"
    status = 429
