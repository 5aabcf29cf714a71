"""The refusals of delivery."""

from mandata.foundation.errors import NotFound, Refused


class NoSuchDomain(NotFound):
    """There is no such sending domain at this controller."""

    code = "delivery.no_such_domain"


class DomainTaken(Refused):
    """The domain is there already."""

    code = "delivery.domain_taken"


class NotADomain(Refused):
    """The text is no domain name."""

    code = "delivery.not_a_domain"
    status = 422


class NothingToDecide(Refused):
    """There is no unknown message to decide about."""

    code = "delivery.nothing_unknown"


class NotProven(Refused):
    """The sending domain is not verified."""

    code = "delivery.not_proven"


class NotSent(Refused):
    """A test message could not be handed over."""

    code = "delivery.not_sent"
    status = 502


class TurningAlready(Refused):
    """New keys of the domain wait for their records already."""

    code = "delivery.turning_already"


class HostTaken(Refused):
    """The tracking host is there already, or it is another controller's."""

    code = "delivery.host_taken"


class NotAHost(Refused):
    """The text cannot be a tracking host."""

    code = "delivery.not_a_host"
    status = 422


class NoSuchHost(NotFound):
    """There is no such tracking host at this controller."""

    code = "delivery.no_such_host"


class NoSuchTransport(NotFound):
    """There is no such transport."""

    code = "delivery.no_such_transport"


class NoReports(Refused):
    """A transport hands to no relay that could report by the plain format."""

    code = "delivery.no_reports"


class BadLimit(Refused):
    """A limit or a warm-up plan cannot be as it was given."""

    code = "delivery.bad_limit"
    status = 422


class NoSuchLimit(NotFound):
    """There is no such limit or warm-up plan."""

    code = "delivery.no_such_limit"


class BadTransport(Refused):
    """A transport cannot be as it was described."""

    code = "delivery.bad_transport"
    status = 422


class NoSuchAlarm(Refused):
    """No warning or stop by that id stands here."""

    code = "delivery.no_such_alarm"
    status = 404


class NoReason(Refused):
    """Something was to be lifted without a word why."""

    code = "delivery.no_reason"
    status = 422
