"""What the gates are told: plain values, free of personal data. Times are instants; no gate reads a clock."""

from mandata.agreements.rules.facts.acts import (
    AccessFacts,
    CombineFacts,
    DiscloseFacts,
    ExportFacts,
    FieldFacts,
    ImportFacts,
    Mechanism,
    ProcessFacts,
    ProfileFacts,
    RightsFacts,
    SendFacts,
    TrackFacts,
    TransferFacts,
)
from mandata.agreements.rules.facts.standing import SERVICE, UNKNOWN, Standing, Written

__all__ = [
    "SERVICE",
    "UNKNOWN",
    "AccessFacts",
    "CombineFacts",
    "DiscloseFacts",
    "ExportFacts",
    "FieldFacts",
    "ImportFacts",
    "Mechanism",
    "ProcessFacts",
    "ProfileFacts",
    "RightsFacts",
    "SendFacts",
    "Standing",
    "TrackFacts",
    "TransferFacts",
    "Written",
]
