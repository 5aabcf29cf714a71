"""Clauses on how terms change, how notices are told, and when a contract is published."""

from collections.abc import Mapping
from typing import Final

from mandata.agreements.rules.spec import Spec
from mandata.agreements.rules.values import After, Choice, Lasting, Listing, Sum, Within
from mandata.agreements.rules.words import mark as _

NOTICES: Final[Mapping[str, Spec]] = {
    "notices.post": Spec(
        After,
        "final",
        _("Registered post"),
        _("In doubt a registered letter counts as delivered {period} after {start}."),
        ("due",),
        serves=("AGR-7",),
    ),
    "notices.contacts": Spec(
        Within,
        "final",
        _("Changed addresses"),
        _("{who} tells the other party of changed addresses or trouble with delivery within {period} from {start}."),
        ("due",),
        open_words=_(
            "{who} tells the other party in writing of changed addresses or trouble with delivery ahead of time where "
            "it knows, else without undue delay."
        ),
        serves=("AGR-7",),
    ),
}

CHANGES: Final[Mapping[str, Spec]] = {
    "change.window": Spec(
        Lasting,
        "final",
        _("Usual period of a change"),
        _(
            "The period that the processor sets for a change is usually {period}; it is never shorter than the notice "
            "itself."
        ),
        ("due",),
        serves=("AGR-4",),
    ),
    "change.text": Spec(
        Choice,
        "final",
        _("What is sent"),
        "{value}",
        ("gate:change",),
        vocabulary={"full_text": _("The notice holds the full text of the change in a common format.")},
        serves=("AGR-4",),
    ),
    "change.reasons": Spec(
        Listing,
        "final",
        _("Grounds of a change"),
        _("The terms may be changed to a reasonable extent, above all for:"),
        ("gate:change",),
        vocabulary={
            "products": _("changes of products, those by their suppliers included"),
            "new_products": _("new products"),
            "law": _("new, changed or abolished law"),
            "third_party_prices": _("prices charged by third parties"),
            "price_level": _("changes in the level of prices on the market"),
            "interpretation": _("a changed reading of the law"),
            "market": _("unforeseeable changes of the market"),
            "supplier_terms": _("changed terms of the suppliers of products"),
        },
        serves=("AGR-4",),
    ),
    "change.end": Spec(
        After,
        "final",
        _("Ending for a change"),
        _(
            "Who disagrees with a change may end the contract within the period set for it. The contract then ends "
            "{period} after {start}; agreed discounts are kept."
        ),
        ("due", "gate:change"),
        serves=("AGR-4",),
    ),
    "change.without_end": Spec(
        Choice,
        "final",
        _("Changes that only consent makes binding"),
        "{value}",
        ("text",),
        vocabulary={
            "consent": _(
                "A change may come without the right to end the contract; then it binds only who agrees to it."
            )
        },
        serves=("AGR-4",),
    ),
    "change.products": Spec(
        Choice,
        "final",
        _("New products"),
        "{value}",
        ("text",),
        vocabulary={
            "own_terms": _("New products may come with terms, technical conditions or a price list of their own.")
        },
        serves=("AGR-4",),
    ),
    "change.suppliers": Spec(
        Choice,
        "final",
        _("Changes by suppliers"),
        "{value}",
        ("gate:change",),
        vocabulary={"their_date": _("Changes by suppliers of products take effect when those suppliers say.")},
        serves=("AGR-4",),
    ),
    "change.instructions": Spec(
        Choice,
        "final",
        _("Changes of the instructions on processing"),
        "{value}",
        ("gate:change",),
        vocabulary={
            "any_time": _(
                "The information on how personal data is processed may change at any time; the controller is told in "
                "a suitable way."
            )
        },
        serves=("AGR-4",),
    ),
}

PUBLICATION: Final[Mapping[str, Spec]] = {
    "publication.register": Spec(
        Within,
        "final",
        _("Publication in the public register"),
        _(
            "Where the law on the register of contracts applies, {who} publishes the contract within {period} from "
            "{start}."
        ),
        ("due", "gate:publish"),
        serves=("AGR-10",),
    ),
    "publication.contents": Spec(
        Listing,
        "final",
        _("How the contract is published"),
        _("For the publication the controller:"),
        ("text",),
        vocabulary={
            "machine_readable": _("makes an image of the text in an open, machine-readable format"),
            "redacted": _("leaves out what must not, or need not, be published"),
            "metadata": _("fills in the metadata correctly"),
            "sent": _("sends the contract to the administrator of the register"),
            "confirmation": _("sends the processor the confirmation without undue delay after receiving it"),
        },
        serves=("AGR-10",),
    ),
    "publication.fallback": Spec(
        Choice,
        "final",
        _("Publication by the processor"),
        "{value}",
        ("gate:publish",),
        vocabulary={
            "processor": _(
                "Where the controller has not published the contract in time, or for another reasonable cause, the "
                "processor may publish it."
            )
        },
        serves=("AGR-10",),
    ),
    "publication.doubt": Spec(
        Sum,
        "final",
        _("Doubts about the value"),
        _("In doubt whether its value is above {money}, the contract is published."),
        ("gate:publish",),
        serves=("AGR-10",),
    ),
    "publication.cure": Spec(
        Choice,
        "final",
        _("Where publication failed"),
        "{value}",
        ("text",),
        vocabulary={
            "settlement": _(
                "Where the contract takes no effect or becomes void because it was not published, the parties put it "
                "right by a settlement; these provisions on publication bind all the same."
            )
        },
        serves=("AGR-10",),
    ),
    "publication.secrecy": Spec(
        Choice,
        "final",
        _("Secrecy in spite of publication"),
        "{value}",
        ("text",),
        vocabulary={
            "kept": _(
                "Publication frees nobody from confidentiality; the controller treats the contract as its trade secret."
            )
        },
        serves=("AGR-10",),
    ),
}

CLAUSES: Final[Mapping[str, Spec]] = {**NOTICES, **CHANGES, **PUBLICATION}
