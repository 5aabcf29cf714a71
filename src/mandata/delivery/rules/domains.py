"""The DNS records of a sending domain: what to publish, and what the answers found mean (DLV-1).

    verification  TXT    _mandata.<domain>              proof that the domain is the controller's
    DKIM          TXT    <selector>._domainkey.<domain> public key (RFC 6376 section 3.6.1)
    SPF           TXT    <domain>                       includes the operator's record (RFC 7208)
    DMARC         TXT    _dmarc.<domain>                a policy of any strength (RFC 7489)
    return path   CNAME  bounce.<domain>                delivery reports reach the operator under the controller's name

Verification and DKIM are required to send; the rest is checked, explained and shown. Pure: answers come as values.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

Purpose = Literal["verification", "dkim", "spf", "dmarc", "return_path"]
Result = Literal["ok", "missing", "wrong"]

REQUIRED: Final[frozenset[Purpose]] = frozenset({"verification", "dkim"})
_SPF_LOOKUPS: Final = 10
_NAME = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")


@dataclass(frozen=True, slots=True)
class Record:
    """One record to publish; `name` is absolute without the final dot, `value` unquoted."""

    purpose: Purpose
    type: Literal["TXT", "CNAME"]
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Check:
    """What was found for one record. `code` names the finding for translation; `found` is what DNS answered."""

    purpose: Purpose
    result: Result
    code: str
    name: str
    expected: str
    found: tuple[str, ...] = ()

    @property
    def required(self) -> bool:
        """Whether sending waits for it."""
        return self.purpose in REQUIRED


def domain_name(text: str) -> str:
    """Return a domain name in its normal form: lower case, A-labels, no final dot. ValueError when it is none."""
    try:
        name = text.strip().rstrip(".").lower().encode("idna").decode("ascii")
    except UnicodeError as error:
        raise ValueError("this is no domain name") from error
    labels = name.split(".")
    if (
        len(labels) < 2
        or len(name) > 253
        or not all(_NAME.fullmatch(label) for label in labels)
        or labels[-1].isdigit()
    ):
        raise ValueError("this is no domain name")
    return name


def records(*, domain: str, selector: str, public_key: str, proof: str, return_domain: str) -> tuple[Record, ...]:
    """Return the records to publish. `public_key` is base64 of the DER; `return_domain` the operator's."""
    return (
        Record("verification", "TXT", f"_mandata.{domain}", f"mandata-verification={proof}"),
        Record("dkim", "TXT", f"{selector}._domainkey.{domain}", f"v=DKIM1; k=rsa; p={public_key}"),
        Record("spf", "TXT", domain, f"v=spf1 include:{return_domain} ~all"),
        Record("dmarc", "TXT", f"_dmarc.{domain}", "v=DMARC1; p=none"),
        Record("return_path", "CNAME", f"bounce.{domain}", return_domain),
    )


Answers = Mapping[tuple[str, str], Sequence[str]]
"""(name, type) -> values that DNS answered; nothing for a name that does not exist."""


def evaluate(wanted: Sequence[Record], answers: Answers) -> tuple[Check, ...]:
    """Return one check for each record wanted."""
    return tuple(_check(record, tuple(answers.get((record.name, record.type), ()))) for record in wanted)


def verified(checks: Sequence[Check]) -> bool:
    """Return whether the domain may send."""
    return all(check.result == "ok" for check in checks if check.required)


def _check(record: Record, found: tuple[str, ...]) -> Check:
    judge = {"verification": _proof, "dkim": _dkim, "spf": _spf, "dmarc": _dmarc, "return_path": _return_path}
    result, code = judge[record.purpose](record, found)
    return Check(record.purpose, result, code, record.name, record.value, found)


def _proof(record: Record, found: tuple[str, ...]) -> tuple[Result, str]:
    if record.value in found:
        return "ok", "found"
    return ("wrong", "other_proof") if found else ("missing", "not_found")


def _dkim(record: Record, found: tuple[str, ...]) -> tuple[Result, str]:
    if not found:
        return "missing", "not_found"
    wanted = tags(record.value)["p"]
    for value in found:
        fields = tags(value)
        if fields.get("p", None) == "":
            return "wrong", "key_revoked"
        if fields.get("p") == wanted:
            return ("ok", "found") if fields.get("v", "DKIM1") == "DKIM1" else ("wrong", "not_dkim")
    return "wrong", "other_key"


def _spf(record: Record, found: tuple[str, ...]) -> tuple[Result, str]:
    policies = [value for value in found if value.lower().split(" ")[0] == "v=spf1"]
    if not policies:
        return "missing", "not_found"
    if len(policies) > 1:
        return "wrong", "several_policies"
    terms = policies[0].lower().split()
    if terms[-1] == "+all" or "all" in terms:
        return "wrong", "allows_everybody"
    if (
        sum(term.lstrip("+?~-").split(":")[0] in {"include", "a", "mx", "ptr", "exists"} for term in terms)
        > _SPF_LOOKUPS
    ):
        return "wrong", "too_many_lookups"
    include = record.value.split(" ")[1]
    return ("ok", "found") if include in {term.lstrip("+") for term in terms} else ("wrong", "not_included")


def _dmarc(_: Record, found: tuple[str, ...]) -> tuple[Result, str]:
    policies = [value for value in found if tags(value).get("v") == "DMARC1"]
    if not policies:
        return "missing", "not_found"
    if len(policies) > 1:
        return "wrong", "several_policies"
    policy = tags(policies[0]).get("p", "").lower()
    return ("ok", f"policy_{policy}") if policy in {"none", "quarantine", "reject"} else ("wrong", "no_policy")


def _return_path(record: Record, found: tuple[str, ...]) -> tuple[Result, str]:
    if not found:
        return "missing", "not_found"
    return ("ok", "found") if found[0].rstrip(".").lower() == record.value.lower() else ("wrong", "other_target")


def tags(value: str) -> dict[str, str]:
    """Read a tag list like "v=DKIM1; k=rsa; p=..." (RFC 6376 section 3.2); white space in values goes."""
    pairs = (part.partition("=") for part in value.split(";"))
    return {name.strip(): "".join(text.split()) for name, sign, text in pairs if sign}
