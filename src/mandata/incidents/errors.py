"""How dealing with breaches goes wrong."""

from mandata.foundation.errors import NotFound, Refused


class NoSuchBreach(NotFound):
    """There is no such breach, or none of this controller's."""

    code = "breach.unknown"


class NoSuchThing(NotFound):
    """A breach has no such filter, corrective measure or message."""

    code = "breach.no_such_thing"


class BadBreach(Refused):
    """What is said of a breach cannot be so: times in a wrong order, a word that nobody knows, nothing said."""

    code = "breach.bad"
    status = 422


class BadFilter(Refused):
    """A filter that cannot be read."""

    code = "breach.bad_filter"
    status = 422


class WrongState(Refused):
    """What is asked for cannot follow upon what was done before."""

    code = "breach.state"


class Changed(Refused):
    """Somebody else changed the breach since the page was drawn."""

    code = "breach.changed"
