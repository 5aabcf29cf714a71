"""Clauses on other processors, on transfers, and on the places where data is stored and seen."""

from collections.abc import Mapping
from typing import Final

from mandata.agreements.rules.spec import Spec
from mandata.agreements.rules.values import After, Ahead, Choice, Listing, Window
from mandata.agreements.rules.vocabulary import SHARED
from mandata.agreements.rules.words import mark as _

CLAUSES: Final[Mapping[str, Spec]] = {
    "subprocessor.authorisation": Spec(
        Choice,
        "subprocessors",
        _("Authorisation"),
        "{value}",
        ("register", "gate:disclose"),
        vocabulary={
            "general": _(
                "The controller gives the processor its general written authorisation to engage other processors on "
                "the terms of this chapter."
            ),
            "specific": _(
                "The processor engages another processor only with the controller's specific prior "
                "written authorisation. Where the controller does not answer, it refuses."
            ),
        },
        serves=("SPR-2", "SPR-7"),
    ),
    "subprocessor.published": Spec(
        Choice,
        "subprocessors",
        _("List of sub-processors"),
        "{value}",
        ("register",),
        vocabulary={
            "register": _(
                "The processor keeps a public register of its sub-processors, which states of each its "
                "name, role, country of processing and privacy policy, and brings it up to date before "
                "one is engaged or replaced."
            ),
            "privacy_policy": _(
                "The current list of sub-processors is part of the processor's privacy policy, where "
                "intended changes are published as well."
            ),
        },
        serves=("SPR-1",),
    ),
    "subprocessor.duties": Spec(
        Listing,
        "subprocessors",
        _("Duties of sub-processors"),
        _("Whoever the processor engages:"),
        ("register",),
        vocabulary={
            "same_duties": _("is bound by contract to the same duties of data protection as the processor"),
            "guarantees": _("gives sufficient guarantees of appropriate technical and organisational measures"),
            "law": _("complies with the applicable law on data protection"),
            "confidentiality": _("is bound to reinforced confidentiality"),
            "liable": _("leaves the processor fully liable to the controller for what it does"),
        },
        serves=("SPR-4",),
    ),
    "subprocessor.resolve": Spec(
        After,
        "subprocessors",
        _("Where an objection is not resolved"),
        _(
            "Where the parties have not resolved an objection {period} after {start}, the controller may "
            "end the affected service in writing and without penalty."
        ),
        ("due", "gate:end"),
        serves=("SPR-3",),
    ),
    "transfer.safeguards": Spec(
        Listing,
        "subprocessors",
        _("Safeguards of a transfer"),
        _("A transfer rests on one of these, in force at the time:"),
        ("gate:transfer", "register"),
        vocabulary=SHARED["mechanism"],
        serves=("TRF-3",),
    ),
    "transfer.outside": Spec(
        Choice,
        "subprocessors",
        _("Data outside the European Economic Area"),
        "{value}",
        ("gate:disclose",),
        vocabulary={
            "third_parties": _(
                "Where third parties take part in the service, data may reach a country outside the "
                "European Economic Area; for that, too, everything in this agreement on transfers is "
                "needed."
            ),
        },
        serves=("TRF-3",),
    ),
    "location.choice": Spec(
        Choice,
        "subprocessors",
        _("Where data is stored"),
        "{value}",
        ("register", "gate:transfer"),
        vocabulary={
            "offered": _(
                "The controller chooses where its data is stored from the places that the processor "
                "offers. It is stored there and nowhere else."
            ),
        },
        serves=("TRF-1",),
    ),
    "location.change": Spec(
        Ahead,
        "subprocessors",
        _("Change of the place"),
        _("{who} gives notice of {effect} {channels} at least {period} before it."),
        ("due", "gate:relocate"),
        open_words=_("{who} gives notice of {effect} {channels} before it."),
        serves=("TRF-2",),
    ),
    "location.opposition": Spec(
        Window,
        "subprocessors",
        _("Opposing the change"),
        _("{who} may oppose the change {form} within {period} from {start}; the data then stays where it is."),
        ("due", "gate:relocate"),
        open_words=_("{who} has the opportunity to oppose the change; the data then stays where it is."),
        serves=("TRF-2",),
    ),
    "location.access": Spec(
        Listing,
        "subprocessors",
        _("From where data is seen"),
        _("People of the processor and of its affiliates work with the data only from:"),
        ("gate:access",),
        vocabulary=SHARED["country"],
        serves=("TRF-4",),
    ),
}
