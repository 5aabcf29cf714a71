"""Every question by its name, so that a command, a page or a test can put any of them to any agreement."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from types import MappingProxyType
from typing import Any, Final

from mandata.agreements.rules.facts import acts, concluding, duties, money
from mandata.agreements.rules.facts.standing import Standing
from mandata.agreements.rules.gates import acts as act_gates
from mandata.agreements.rules.gates import audits, sharing
from mandata.agreements.rules.gates import concluding as concluding_gates
from mandata.agreements.rules.gates import duties as duty_gates
from mandata.agreements.rules.gates import money as money_gates
from mandata.agreements.rules.terms import Terms
from mandata.agreements.rules.verdicts import Verdict, refusals

_RESTS: Final = ("instruction.standing",)


@dataclass(frozen=True, slots=True)
class Question:
    """One question: its facts, the gate that answers, what it asks in a line, and facts to start from.

    ``decisive``: codes of the checks that a yes rests on, the first one found being told; else the first check.
    """

    name: str
    facts: type
    ask: Callable[[Terms, Any], tuple[Verdict, ...]]
    about: str
    example: Mapping[str, Any]
    decisive: tuple[str, ...] = ()

    @property
    def is_act(self) -> bool:
        """Whether it is an act on a controller's data, which needs an agreement in force, purpose and instruction."""
        return any(field.name == "standing" for field in fields(self.facts))


def decisive(question: Question, verdicts: Iterable[Verdict]) -> Verdict:
    """The verdict that decides: the first refusal, else the permit that the answer rests on. ValueError for none."""
    found = tuple(verdicts)
    refused = refusals(found)
    if refused:
        return refused[0]
    by_code = {one.code: one for one in found}
    chosen = next((by_code[code] for code in question.decisive if code in by_code), None)
    if chosen is None:
        if not found:
            raise ValueError("no check was made, so nothing is permitted")
        chosen = found[0]
    return chosen


IN_FORCE: Final = Standing(accepted=True)
"""Where a question does not say where the controller stands, it is put under an agreement in force."""

_AT: Final = "2026-03-27T22:30:00+01:00"
_SUB: Final = (
    "disclose.named",
    "disclose.class",
    "disclose.authorised",
    "disclose.chosen",
    "disclose.ground",
    "disclose.listed_ground",
)


def _all() -> Iterable[Question]:
    yield from _acts()
    yield from _agreement()
    yield from _desk()


def _acts() -> Iterable[Question]:
    message = {"subject": "Fresh bread", "content": True, "from_name": "Demo Bakery", "recipients": 100}
    message |= {"reply_address": "hello@bakery.example", "reply_valid": True, "postal_address": "1 Mill Lane, Prague"}
    message |= {"from_domain": "news.bakery.example", "domain_verified": True}
    message |= {"marked": True, "link": True, "one_click": True}
    yield Question("process", acts.ProcessFacts, act_gates.may, "may an act be done at all", {"act": "send"}, _RESTS)
    yield Question("send", acts.SendFacts, act_gates.may_send, "may a campaign be sent", message, _RESTS)
    yield Question(
        "import",
        acts.ImportFacts,
        act_gates.may_import,
        "may people be brought in",
        {"bases": ["consent"], "evidenced": True, "fields": [{"name": "first_name", "category": "contact"}]},
        _RESTS,
    )
    yield Question(
        "track", acts.TrackFacts, act_gates.may_track, "may reactions be recorded", {"kinds": ["opens"]}, _RESTS
    )
    yield Question(
        "profile",
        acts.ProfileFacts,
        act_gates.may_profile,
        "may individuals be evaluated",
        {"kinds": ["clicks"]},
        _RESTS,
    )
    yield Question(
        "export",
        acts.ExportFacts,
        act_gates.may_export,
        "may the controller have its data",
        {},
        ("export.asked", "export.store", "export.function", "export.means", *_RESTS),
    )
    yield Question(
        "rights",
        acts.RightsFacts,
        act_gates.may_rights,
        "may a person's request be carried out",
        {"kind": "access", "confirmed": True},
        ("rights.least",),
    )
    disclosed = {"recipient": "Example Mail Ltd.", "at": _AT, "told_at": "2026-02-01T09:00:00+01:00"}
    yield Question("disclose", acts.DiscloseFacts, sharing.may_disclose, "may data reach somebody", disclosed, _SUB)
    yield Question(
        "transfer",
        acts.TransferFacts,
        sharing.may_transfer,
        "may data go to a country",
        {"country": "US", "at": _AT, "instructed": True, "mechanisms": [{"kind": "scc"}]},
        ("transfer.mechanism", "transfer.inside", "transfer.unrestricted"),
    )
    looked = {"at": _AT, "reason": "ticket 17", "ticket": "17", "country": "CZ", "confidential": True}
    yield Question(
        "access",
        acts.AccessFacts,
        sharing.may_access,
        "may staff look at the data",
        {**looked, "trained_at": "2026-01-15T09:00:00+01:00"},
        ("access.country", "transfer.inside", "transfer.unrestricted", *_RESTS),
    )
    yield Question(
        "combine",
        acts.CombineFacts,
        sharing.may_combine,
        "may data be brought together",
        {"source": "other_controller", "same_customer": True, "result": "counts"},
        ("combine.lists", "combine.counts", "combine.counted", "combine.own"),
    )


def _agreement() -> Iterable[Question]:
    here = concluding_gates
    yield Question(
        "apply", concluding.ApplyFacts, here.applies, "does the agreement apply", {"controller_in_eea": False}
    )
    yield Question("roles", concluding.RolesFacts, here.roles, "who is who", {"upstream": False})
    yield Question(
        "accept", concluding.ConcludeFacts, here.concluded, "does this conclude it", {"by": "registration", "at": _AT}
    )
    yield Question("read", concluding.ReadFacts, here.reads, "which language decides", {"language": "cs"})
    yield Question("prevail", concluding.PrevailFacts, here.prevails, "does it prevail", {"over": "main_agreement"})
    yield Question(
        "change",
        concluding.ChangeFacts,
        here.changes,
        "do changed terms apply",
        {"told_at": "2026-02-01T09:00:00+01:00", "at": _AT},
    )
    yield Question(
        "end",
        concluding.EndFacts,
        here.ends,
        "may the controller end for a cause",
        {"cause": "objection", "since": "2026-02-01T09:00:00+01:00", "at": _AT},
    )
    yield Question(
        "instruct", concluding.InstructFacts, here.instructs, "may an instruction be carried out", {"written": True}
    )
    yield Question(
        "publish",
        concluding.PublishFacts,
        here.publishes,
        "is the contract to be published",
        {"obliged": True, "doubtful": True},
    )


def _desk() -> Iterable[Question]:
    told = {"told_at": "2026-02-01T09:00:00+01:00", "at": _AT}
    yield Question(
        "notify",
        duties.NotifyFacts,
        duty_gates.notifies,
        "must a breach be notified",
        {"certain": True, "aware_at": _AT},
        ("notify.owed",),
    )
    yield Question(
        "engage",
        duties.EngageFacts,
        duty_gates.engages,
        "may a sub-processor start",
        {"recipient": "Example", **told},
    )
    yield Question(
        "object",
        duties.ObjectFacts,
        duty_gates.objects,
        "is an objection in time",
        {"received_at": "2026-03-20T09:00:00+01:00", "at": _AT},
    )
    yield Question(
        "extend",
        duties.ExtendFacts,
        duty_gates.extends,
        "may an answer take longer",
        {"received_at": "2026-03-05T09:00:00+01:00", "told_at": _AT},
    )
    yield Question(
        "audit",
        duties.AuditFacts,
        audits.audits,
        "may an audit take place",
        {"told_at": "2026-02-01T09:00:00+01:00", "on": _AT, "by": "customer"},
    )
    yield Question(
        "keep",
        duties.KeepFacts,
        duty_gates.keeps,
        "may data still be held",
        {"kind": "backup", "at": _AT, "ended_at": "2026-01-01T00:00:00+01:00"},
    )
    yield Question("relocate", duties.RelocateFacts, duty_gates.relocates, "may data move", {"country": "DE", **told})
    yield Question(
        "charge", money.ChargeFacts, money_gates.charges, "is help paid for", {"work": "compliance", "hours": 2}
    )
    yield Question(
        "liability", money.LiabilityFacts, money_gates.liable, "what is owed for damage", {"claim": 1000, "fees": 600}
    )
    yield Question(
        "indemnity",
        money.IndemnityFacts,
        money_gates.indemnified,
        "does the controller answer for a claim",
        {"ground": "third_party"},
    )


QUESTIONS: Final[Mapping[str, Question]] = MappingProxyType({one.name: one for one in _all()})
ALIASES: Final[Mapping[str, str]] = MappingProxyType({"breach": "notify"})
"""Other names for a question, as clauses call it (``gate:breach``)."""
