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
from mandata.agreements.rules.facts.standing import EVERY_ACT, SERVICE, UNKNOWN, Limited, Standing, Written

__all__ = [
    "EVERY_ACT",
    "SERVICE",
    "UNKNOWN",
    "AccessFacts",
    "CombineFacts",
    "DiscloseFacts",
    "ExportFacts",
    "FieldFacts",
    "ImportFacts",
    "Limited",
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
