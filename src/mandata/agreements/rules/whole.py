"""What the clauses of an agreement need of each other: combinations that nobody could carry out are refused.

Each check raises ``Bad`` with the key at which the file is to be mended.
"""

from collections.abc import Callable, Mapping
from typing import Final

from mandata.agreements.rules.build import Bad
from mandata.agreements.rules.catalogue import CATALOGUE
from mandata.agreements.rules.values import (
    After,
    Ahead,
    Allowance,
    Choice,
    Extension,
    Listing,
    Period,
    Rates,
    Recurring,
    Unit,
    Value,
    Weekly,
    Window,
    Within,
)

Values = Mapping[str, Value]

_DAYS: Final[Mapping[Unit, tuple[float, float]]] = {
    Unit.HOURS: (1 / 24, 1 / 24),
    Unit.DAYS: (1, 1),
    Unit.WORKING_DAYS: (1, 4),
    Unit.WEEKS: (7, 7),
    Unit.MONTHS: (28, 31),
    Unit.YEARS: (365, 366),
}
"""A unit in days, at least and at most; a working day with the longest weekend of holidays before it."""

_NEEDS: Final = (
    ("end.silence", "end.reminder", "the one runs from the other"),
    ("end.reminder", "end.silence", "the one runs from the other"),
    ("rights.extension", "rights.answer", "what is extended is the answer"),
    ("location.opposition", "location.change", "nobody can oppose what nobody is told"),
    ("location.change", "location.opposition", "who is told may oppose it"),
    ("subprocessor.resolve", "subprocessor.unresolved", "the clause says what then follows"),
    ("end.plan", "end.choice", "there must be a period for where there is no plan"),
    ("end.request", "end.grace", "what is asked for must still be held"),
    ("people.support", "agreement.products", "only listed products can be activated"),
    ("agreement.upstream", "agreement.roles", "it says who is who"),
    ("change.window", "change.notice", "the period begins with the notice"),
    ("change.end", "change.notice", "who may end must have been told"),
    ("change.silence", "change.notice", "silence answers a notice"),
    ("publication.fallback", "publication.register", "somebody else must have had to publish it"),
    ("publication.contents", "publication.register", "it says how what has to be published is"),
    ("publication.doubt", "publication.register", "it decides whether to publish"),
    ("assistance.rate", "assistance.paid", "it is the price of paid help"),
    ("indemnity.notice", "indemnity.grounds", "there must be something to answer for"),
    ("indemnity.conduct", "indemnity.grounds", "there must be something to answer for"),
    ("indemnity.settlement", "indemnity.grounds", "there must be something to answer for"),
    ("indemnity.exclusion", "indemnity.grounds", "there must be something to answer for"),
    ("indemnity.persons", "indemnity.grounds", "there must be something to answer for"),
    ("suspension.cure", "suspension.controller", "the period begins with the stop"),
)
"""A clause, the one that it cannot do without, and why."""

_ACTS: Final = {
    "subprocessor.notice": "processor",
    "subprocessor.objection": "controller",
    "audit.notice": "controller",
}
"""Who acts in a clause, whatever else it says."""


def check(values: Values) -> None:
    """Everything that an agreement needs as a whole. Raises Bad at the first thing that cannot be."""
    for one in _CHECKS:
        one(values)


def longer(one: Period, other: Period) -> bool:
    """Whether a period is longer than another whatever the calendar: "1 month" is not longer than "30 days"."""
    if one.unit is other.unit:
        return one.amount > other.amount
    return one.amount * _DAYS[one.unit][0] > other.amount * _DAYS[other.unit][1]


def _path(key: str, *more: str) -> tuple[str, ...]:
    return (*key.split("."), *more)


def _required(values: Values) -> None:
    for key, spec in CATALOGUE.items():
        if spec.required and key not in values:
            raise Bad(
                ("terms",),
                f"The clause {key} ({spec.title}) is missing.",
                f"Add [{key}]; no agreement can do without it.",
            )


def _paired(values: Values) -> None:
    for key, needed, why in _NEEDS:
        if key in values and needed not in values:
            raise Bad(_path(key), f"{key} stands without {needed}: {why}.", f"State both, or neither: add [{needed}].")


def _right_party(values: Values) -> None:
    for key, who in _ACTS.items():
        found = values.get(key)
        if isinstance(found, (Ahead, Window)) and found.who != who:
            raise Bad(_path(key, "who"), f"In {key} the wrong party acts.", f'Write who = "{who}".')
    notify = values.get("breach.notify")
    if isinstance(notify, Within) and notify.who == "controller":
        raise Bad(
            _path("breach.notify", "who"),
            "In breach.notify the wrong party acts.",
            'The processor notifies (Article 33(2) GDPR): write "processor" or "either".',
        )


def _acts(values: Values) -> None:
    acts, path = _codes(values, "instruction.standing"), _path("instruction.standing", "items")
    if "send" in acts and "import" not in acts:
        raise Bad(path, "Sending is instructed, but not taking data in.", 'Add "import".')
    if "support" in acts and "people.support" not in values:
        raise Bad(path, "Looking at data in support is instructed, but not how far.", "Add [people.support].")


def _answers(values: Values) -> None:
    """An answer, its extension, and the word that it will take longer (Article 12(3) GDPR)."""
    answer, extension = values.get("rights.answer"), values.get("rights.extension")
    if not isinstance(answer, Within) or not isinstance(extension, Extension):
        return
    period = answer.period or answer.target
    path = _path("rights.extension")
    if (answer.who, answer.start) != (extension.who, extension.start):
        raise Bad(
            (*path, "start"),
            "rights.extension is another's, or begins with another event, than rights.answer.",
            f'Write who = "{answer.who}" and start = "{answer.start}": the whole is counted from the same event.',
        )
    if period is not None and not longer(extension.total, period):
        raise Bad(
            (*path, "total"),
            f"The extension ({extension.total} in all) is not longer than the answer ({period}).",
            "total is the whole period from the request, not what is added: state the sum.",
        )
    if period is not None and longer(extension.told, period):
        raise Bad(
            (*path, "told"),
            f"The extension is told within {extension.told}, after the answer was due ({period}).",
            "State a period that ends with the answer's at the latest.",
        )


def _ending(values: Values) -> None:
    """Access, backups and the right to ask for an export, as far as they run from the same event."""
    access, grace, request = (values.get(key) for key in ("end.access", "end.grace", "end.request"))
    if not isinstance(grace, After):
        return
    if isinstance(access, After) and access.start == grace.start and longer(access.period, grace.period):
        raise Bad(
            _path("end.grace", "period"),
            f"Backups are deleted after {grace.period}, before access ends ({access.period}).",
            "Keep backups at least as long as the controller reaches its data.",
        )
    asked = request.period if isinstance(request, Window) and request.start == grace.start else None
    if asked is not None and longer(asked, grace.period):
        raise Bad(
            _path("end.request", "period"),
            f"An export may be asked for during {asked}; after {grace.period} all is deleted.",
            "Let the right end when the backups do, or keep them longer.",
        )


def _money(values: Values) -> None:
    rates, path = values.get("audit.rates"), _path("audit.rates", "further")
    if isinstance(rates, Rates) and rates.first.currency != rates.further.currency:
        raise Bad(
            path,
            f"The rates stand in two currencies, {rates.first.currency} and {rates.further.currency}.",
            "State both in one.",
        )
    both = sorted(set(_codes(values, "assistance.paid")) & set(_codes(values, "assistance.free")))
    if both:
        raise Bad(
            _path("assistance.free", "items"),
            f"Help is both paid for and free: {', '.join(both)}.",
            "Name each kind of help in one of assistance.paid and assistance.free.",
        )


def _limits(values: Values) -> None:
    if "liability.cap" in values and "liability.main" in values:
        raise Bad(
            _path("liability.main"), "Liability has two limits, liability.cap and liability.main.", "Keep one of them."
        )
    for key in ("liability.except", "liability.after"):
        if key in values and not {"liability.cap", "liability.main"} & set(values):
            raise Bad(
                _path(key), f"{key} speaks of a limit, and there is none.", "Add [liability.cap] or [liability.main]."
            )


def _breaches(values: Values) -> None:
    notify, authority = values.get("breach.notify"), values.get("breach.authority")
    if isinstance(notify, Within) and isinstance(authority, Within) and authority.period is not None:
        period = notify.period or notify.target
        if period is not None and longer(period, authority.period):
            raise Bad(
                _path("breach.notify", "period" if notify.period else "target"),
                f"The processor's notice ({period}) comes later than the controller owes its own ({authority.period}).",
                "Shorten it; the controller needs it for its own.",
            )


def _who_is_who(values: Values) -> None:
    chain = (_chosen(values, "agreement.roles") or "").endswith("_or_processor")
    if chain and "agreement.upstream" not in values:
        raise Bad(
            _path("agreement.roles", "value"),
            "The customer may be a processor, but nothing is said of the controllers behind it.",
            "Add [agreement.upstream], or take customer_controller.",
        )
    if "agreement.upstream" in values and not chain:
        raise Bad(
            _path("agreement.upstream"),
            "agreement.upstream speaks of controllers behind a customer that is the controller itself.",
            'Write value = "customer_controller_or_processor" in [agreement.roles], or leave it out.',
        )


def _transfers(values: Values) -> None:
    if _chosen(values, "transfer.ground") == "safeguarded" and "transfer.safeguards" not in values:
        raise Bad(
            _path("transfer.ground", "value"),
            "Transfers need a safeguard, and none is named.",
            "Add [transfer.safeguards] with the mechanisms that count.",
        )
    late = "subprocessor.resolve" in values
    if late and _chosen(values, "subprocessor.unresolved") not in (None, "affected_ends"):
        raise Bad(
            _path("subprocessor.unresolved"),
            "subprocessor.resolve lets the controller end the service; subprocessor.unresolved says otherwise.",
            'Write value = "affected_ends", or leave [subprocessor.resolve] out.',
        )


def _lengths(values: Values) -> None:
    for key, value in values.items():
        if isinstance(value, Allowance) and longer(value.longest, value.per):
            raise Bad(
                _path(key, "longest"),
                f"{key} allows {value.longest} in each {value.per}, which is shorter.",
                "State a longest that fits.",
            )
        if isinstance(value, Weekly) and longer(value.period, Period(1, Unit.WEEKS)):
            raise Bad(_path(key, "period"), f"{key} lasts {value.period} of every week.", "State at most 7 days.")
        if isinstance(value, Recurring) and value.calendar and value.every.unit is not Unit.YEARS:
            raise Bad(
                _path(key, "every"),
                f"{key} counts whole calendar years, but recurs every {value.every}.",
                "State it in years, or leave calendar = true out.",
            )


_CHECKS: Final[tuple[Callable[[Values], None], ...]] = (
    _required,
    _paired,
    _right_party,
    _acts,
    _answers,
    _ending,
    _money,
    _limits,
    _breaches,
    _who_is_who,
    _transfers,
    _lengths,
)


def _codes(values: Values, key: str) -> tuple[str, ...]:
    found = values.get(key)
    return found.items if isinstance(found, Listing) else ()


def _chosen(values: Values, key: str) -> str | None:
    found = values.get(key)
    return found.value or found.target if isinstance(found, Choice) else None
