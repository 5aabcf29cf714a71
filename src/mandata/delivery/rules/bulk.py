"""What the large mailbox providers ask of whoever sends to many, judged from facts (pure).

Gmail and Yahoo since February 2024, Microsoft (outlook.com and its kin) since May 2025, Seznam in its advice.
Each item names who asks for it; a provider that only advises is not among them.

    spf, dkim, dmarc      all three, and the From domain aligned with SPF or DKIM; Seznam: DKIM on all bulk mail
    from_own              no From address at a mailbox provider (their DMARC policies forbid it)
    one_click, link       the headers of RFC 8058 and a link in the text
    ptr                   source addresses with forward and reverse names that agree
    tls                   encrypted transport
    complaints            below 0.3 %, better below 0.1 %, of the messages sent
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final, Literal

from mandata.delivery.rules.domains import Check

State = Literal["good", "warn", "bad", "theirs"]
"""Met; met, but close or advised otherwise; not met; in the hands of the relay, which we cannot look into."""

GMAIL, YAHOO, MICROSOFT, SEZNAM = "Gmail", "Yahoo", "Microsoft", "Seznam"
WORST_COMPLAINTS: Final = Fraction(3, 1000)
GOOD_COMPLAINTS: Final = Fraction(1, 1000)
LEAST_SENT: Final = 1000
"""Of fewer messages a share says nothing."""
MAILBOXES: Final = frozenset(
    {
        *("gmail.com", "googlemail.com", "yahoo.com", "ymail.com", "aol.com", "icloud.com", "me.com"),
        *("outlook.com", "hotmail.com", "live.com", "msn.com", "proton.me", "protonmail.com", "gmx.net", "gmx.de"),
        *("web.de", "seznam.cz", "email.cz", "post.cz", "centrum.cz", "atlas.cz", "volny.cz"),
    }
)


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a campaign and of the roads it may take.

    `checks`: of the From domain, as last asked; none of a domain that is not the controller's. `direct`, `relayed`:
    whether such roads are open; `faulty`: source addresses whose names disagree or that a blocklist holds;
    `plain_relay`: a relay elsewhere that is spoken to without encryption.
    """

    from_domain: str
    checks: Sequence[Check]
    signs: bool
    one_click: bool
    link: bool
    direct: bool
    relayed: bool
    faulty: Sequence[str]
    plain_relay: bool
    sent: int
    complaints: int


@dataclass(frozen=True, slots=True)
class Item:
    """One demand: its code, who asks for it, how it stands, the code of what was found, figures of the finding."""

    code: str
    asked_by: tuple[str, ...]
    state: State
    finding: str
    evidence: dict[str, str | int]


def items(facts: Facts) -> tuple[Item, ...]:
    """Judge every demand."""
    return tuple(_items(facts))


def _items(facts: Facts) -> Iterator[Item]:
    all_, three = (GMAIL, YAHOO, MICROSOFT, SEZNAM), (GMAIL, YAHOO, MICROSOFT)
    named: dict[str, str | int] = {"domain": facts.from_domain or "?"}
    good = {check.purpose for check in facts.checks if check.result == "ok"}
    policy = next((check for check in facts.checks if check.purpose == "dmarc"), None)
    yield Item("dkim", all_, *_either(facts.signs, "signed", "unsigned"), named)
    aligned = "return_path" in good and not (policy and "strict_spf" in policy.notes)
    yield Item("spf", three, *_spf("spf" in good, aligned), named)
    yield Item("dmarc", three, *_dmarc(policy), named)
    yield Item("aligned", three, *_either(facts.signs or aligned, "aligned", "unaligned"), named)
    yield Item("from_own", all_, *_either(facts.from_domain not in MAILBOXES, "own", "mailbox"), named)
    yield Item("one_click", (GMAIL, YAHOO), *_either(facts.one_click, "one_click", "no_one_click"), {})
    yield Item("link", all_, *_either(facts.link, "link", "no_link"), {})
    faulty: dict[str, str | int] = {"addresses": ", ".join(facts.faulty)}
    state: State = "bad" if facts.faulty else "good" if facts.direct else "theirs"
    yield Item("ptr", (GMAIL, YAHOO), state, {"bad": "ptr_faulty", "good": "ptr", "theirs": "relay"}[state], faulty)
    yield Item("tls", (GMAIL,), *_tls(facts), {})
    yield _complaints(facts)


def _either(holds: bool, good: str, bad: str) -> tuple[State, str]:
    return ("good", good) if holds else ("bad", bad)


def _spf(there: bool, aligned: bool) -> tuple[State, str]:
    if not there and not aligned:
        return "bad", "no_spf"
    return ("good", "spf_aligned") if aligned else ("warn", "spf_unaligned")


def _dmarc(policy: Check | None) -> tuple[State, str]:
    if policy is None or policy.result != "ok":
        return "bad", "no_dmarc"
    return "good", policy.code


def _tls(facts: Facts) -> tuple[State, str]:
    if facts.plain_relay:
        return "bad", "plain_relay"
    return ("good", "tls") if facts.direct and not facts.relayed else ("theirs", "relay")


def _complaints(facts: Facts) -> Item:
    evidence: dict[str, str | int] = {"sent": facts.sent, "complaints": facts.complaints}
    asked_by = (GMAIL, YAHOO)
    if facts.sent < LEAST_SENT:
        return Item("complaints", asked_by, "good", "few_sent", evidence)
    share = Fraction(facts.complaints, facts.sent)
    evidence["share"] = f"{float(share) * 100:.2f}"
    if share >= WORST_COMPLAINTS:
        return Item("complaints", asked_by, "bad", "many_complaints", evidence)
    if share >= GOOD_COMPLAINTS:
        return Item("complaints", asked_by, "warn", "some_complaints", evidence)
    return Item("complaints", asked_by, "good", "few_complaints", evidence)
