"""What the measures refuse."""

from mandata.foundation.errors import Refused


class BadEvidence(Refused):
    """What an owner shows for a measure cannot be kept as it is."""


class BadOutage(Refused):
    """What is said of an outage cannot be."""
