"""Clauses on data that the operator processes as a controller itself: of its own partners, apart from all the rest."""

from collections.abc import Mapping
from typing import Final

from mandata.agreements.rules.spec import Spec
from mandata.agreements.rules.values import After, Choice, Listing
from mandata.agreements.rules.vocabulary import SHARED
from mandata.agreements.rules.words import mark as _

CLAUSES: Final[Mapping[str, Spec]] = {
    "own.role": Spec(
        Choice,
        "own",
        _("The operator as a controller"),
        "{value}",
        ("text",),
        vocabulary={
            "controller": _(
                "The operator is the controller of the data of its own partners. It keeps that data apart from what it "
                "processes for others."
            )
        },
        serves=("CTL-1",),
    ),
    "own.categories": Spec(
        Listing,
        "own",
        _("Data of partners"),
        _("Of its actual and possible partners the operator processes:"),
        ("text",),
        vocabulary=SHARED["category"],
        serves=("CAT-9", "CTL-1"),
    ),
    "own.sources": Spec(
        Listing,
        "own",
        _("Where the data comes from"),
        _("The data comes from:"),
        ("text",),
        vocabulary={
            "partner": _("the partner itself, or working with it"),
            "open_sources": _("open sources, in justified cases such as the recovery of debts"),
            "open_prospects": _(
                "open sources such as websites and advertisements, of entrepreneurs to whom services are to be offered"
            ),
        },
        serves=("CAT-9",),
    ),
    "own.purposes": Spec(
        Listing,
        "own",
        _("Purposes of the operator"),
        _("The operator processes its partners' data for:"),
        ("text",),
        vocabulary={
            "contract": _("concluding and performing contracts, and recording them"),
            "staff": _("checking the work of its employees"),
            "statistics": _("statistics and the development of its services and procedures"),
            "claims": _("recovering debts and protecting rights, its own and others'"),
            "security": _("the security of information technology"),
            "legal_duties": _("legal duties, above all in accounting, taxes, data protection and advertising"),
            "direct_marketing": _("direct marketing"),
        },
        serves=("CTL-1",),
    ),
    "own.bases": Spec(
        Listing,
        "own",
        _("Grounds of the operator"),
        _("The processing rests on:"),
        ("text",),
        vocabulary={
            "contract": _("the performance of the contract, the collection of claims included"),
            "legitimate_interest": _("legitimate interests of the operator and of third parties"),
            "legal_duty": _("legal duties"),
            "consent": _("consent in exceptional cases, which can be withdrawn at any time, not backwards"),
        },
        serves=("CTL-1", "DSR-9"),
    ),
    "own.number": Spec(
        Choice,
        "own",
        _("Personal identification numbers"),
        "{value}",
        ("text",),
        vocabulary={
            "volunteered_or_required": _(
                "A personal identification number is processed only where the partner states it of its own will or "
                "the law requires it; the consent can be withdrawn."
            )
        },
        serves=("CAT-9",),
    ),
    "own.retention": Spec(
        After,
        "own",
        _("How long contracts are kept"),
        _("Contracts are kept for {period} from {start}; other data for as long as its purpose needs it."),
        ("due",),
        serves=("CTL-1",),
    ),
    "own.marketing": Spec(
        Choice,
        "own",
        _("Direct marketing"),
        "{value}",
        ("text",),
        vocabulary={
            "until_refused": _(
                "Offers are sent until they are refused, which needs no reasons. A refusal concerns that type of "
                "message, unless the person says all; afterwards the least is kept that proves why they were sent "
                "and prevents sending again."
            )
        },
        serves=("CTL-1", "DSR-9", "DSR-13"),
    ),
    "own.recipients": Spec(
        Listing,
        "own",
        _("Recipients of partners' data"),
        _("Partners' data is disclosed, to the extent needed, to:"),
        ("text",),
        vocabulary={
            "processors": _("processors and suppliers of services, such as programming, servers, e-mail and archives"),
            "advisers": _("legal, economic and tax advisers and auditors"),
            "group": _("companies of the group"),
            "insurers": _("insurers of claims"),
            "collectors": _("collectors of debts"),
            "authorities": _("authorities, on request or where something illegal is suspected"),
            "entitled": _("persons whom the law entitles to ask, for example on who ordered an advertisement"),
        },
        serves=("SPR-8", "CTL-1"),
    ),
    "own.transfer": Spec(
        Choice,
        "own",
        _("Partners' data abroad"),
        "{value}",
        ("text",),
        vocabulary={
            "not_by_default": _(
                "By default partners' data is not transferred outside the European Union; where it is, the partner "
                "is told if need be, and the recipient meets conditions that the Commission approved."
            )
        },
        serves=("CTL-1", "TRF-3"),
    ),
    "own.paper": Spec(
        Choice,
        "own",
        _("Paper"),
        "{value}",
        ("text",),
        vocabulary={"filed": _("Paper documents, such as contracts and business cards, are kept in filing cabinets.")},
        serves=("RET-7", "CTL-1"),
    ),
}
