"""What retention refuses."""

from mandata.foundation.errors import NotFound, Refused


class NoSuchEnd(NotFound):
    """No end of this agreement is under way."""

    code = "retention.no_such_end"


class NoSuchReturn(NotFound):
    """There is no such archive."""

    code = "retention.no_such_return"


class Ending(Refused):
    """The agreement's end is under way already, or not where this could be done."""

    code = "retention.ending"


class TooEarly(Refused):
    """A notice of the processor's that takes effect before its clause allows."""

    code = "retention.too_early"


class ReasonsMissing(Refused):
    """A notice that needs its reasons in words."""

    code = "retention.reasons"
    status = 422


class NotYet(Refused):
    """Data that may not be deleted yet, by the clause that is named."""

    code = "retention.not_yet"


class NotConfirmed(Refused):
    """A deletion that was not confirmed by the controller's name."""

    code = "retention.not_confirmed"
    status = 422


class BadReceiver(Refused):
    """A key, passphrase or store that an archive cannot be given to."""

    code = "retention.receiver"
    status = 422


class Gone(Refused):
    """An archive that has had its time, or is not ready."""

    code = "retention.gone"
    status = 410


class AccessEnded(Refused):
    """What a controller cannot do any more since its agreement ended."""

    code = "retention.access"
    status = 403


class NoSuchCategory(NotFound):
    """No category of data has this code."""

    code = "retention.no_such_category"


class NoSuchRow(NotFound):
    """There is no such deletion, hold, decision, ground or request."""

    code = "retention.none"


class NotSettable(Refused):
    """For how long this is kept is not the controller's to set, or not so short."""

    code = "retention.not_settable"


class Recounted(Refused):
    """What was confirmed is not what would go now."""

    code = "retention.recounted"


class OnHold(Refused):
    """Nothing of this is deleted while a hold stands."""

    code = "retention.on_hold"


class UnderWay(Refused):
    """Another deletion of this controller is under way, or waits for somebody."""

    code = "retention.under_way"


class NotSo(Refused):
    """What was asked cannot follow the state in which the thing is."""

    code = "retention.state"


class Incomplete(Refused):
    """Something that has to be stated is missing or cannot be."""

    code = "retention.incomplete"
    status = 422
