"""The DNS records of a sending domain: what to publish, and what the answers found mean (DLV-1).

    verification  TXT    _mandata.<domain>              proof that the domain is the controller's
    DKIM          TXT    <selector>._domainkey.<domain> public keys, RSA and Ed25519 (RFC 6376 3.6.1, RFC 8463 4)
    SPF           TXT    <domain>                       includes the operator's record (RFC 7208)
    DMARC         TXT    _dmarc.<domain>                a policy, or the organisational domain's (RFC 7489)
    return path   CNAME  bounce.<domain>                delivery reports reach the operator under the controller's name
    MX            MX     <domain>                       answers reach the controller (RFC 5321 5.1, RFC 7505)
    BIMI          TXT    default._bimi.<domain>         a logo, where the domain shows one

Verification and one RSA key are required to send; the rest is checked, explained and shown. Pure: answers come as
values.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from mandata.delivery.rules import spf
from mandata.delivery.rules.spf import Answers, Question

Purpose = Literal["verification", "dkim", "spf", "dmarc", "return_path", "mx", "bimi"]
Result = Literal["ok", "missing", "wrong"]

ADVICE: Final[frozenset[Purpose]] = frozenset({"bimi"})
"""What a domain may do without; its lack is no fault."""
_NAME = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")
_KINDS: Final = {"rsa-2048": "rsa", "ed25519": "ed25519"}


@dataclass(frozen=True, slots=True)
class PublicKey:
    """What is published of a DKIM key. `data` is base64: of the DER for RSA, of the 32 bytes for Ed25519."""

    selector: str
    algorithm: str
    data: str
    stage: str = "active"


@dataclass(frozen=True, slots=True)
class Record:
    """One record to publish; `name` is absolute without the final dot, `value` unquoted. `stage` is that of a key."""

    purpose: Purpose
    type: Literal["TXT", "CNAME"]
    name: str
    value: str
    required: bool = False
    algorithm: str = ""
    stage: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """What was found for one record. `code` names the finding for translation; `found` is what DNS answered; `notes`
    are further findings, codes too; `number` is a figure of the finding (look-ups)."""

    purpose: Purpose
    result: Result
    code: str
    name: str
    expected: str
    found: tuple[str, ...] = ()
    required: bool = False
    notes: tuple[str, ...] = ()
    number: int = 0
    stage: str = ""


@dataclass(frozen=True, slots=True)
class Sought:
    """What is looked for: a domain, its organisational domain (RFC 7489 3.2), the records wanted of it."""

    domain: str
    organisation: str
    records: tuple[Record, ...]


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


def records(*, domain: str, keys: Iterable[PublicKey], proof: str, return_domain: str) -> tuple[Record, ...]:
    """Return the records to publish. `return_domain` is the operator's.

    Of the keys, an RSA key is required: the one that signs, or the first one where none does yet.
    """
    held = list(keys)
    signs = any(key.stage == "active" and key.algorithm == "rsa-2048" for key in held)
    return (
        Record("verification", "TXT", f"_mandata.{domain}", f"mandata-verification={proof}", required=True),
        *(
            Record(
                "dkim",
                "TXT",
                f"{key.selector}._domainkey.{domain}",
                f"v=DKIM1; k={_KINDS[key.algorithm]}; p={key.data}",
                required=key.algorithm == "rsa-2048" and key.stage == ("active" if signs else "next"),
                algorithm=key.algorithm,
                stage=key.stage,
            )
            for key in held
        ),
        Record("spf", "TXT", domain, f"v=spf1 include:{return_domain} ~all"),
        Record("dmarc", "TXT", f"_dmarc.{domain}", "v=DMARC1; p=none"),
        Record("return_path", "CNAME", f"bounce.{domain}", return_domain),
    )


def questions(sought: Sought, answers: Answers) -> list[Question]:
    """Return what is to be asked of DNS beyond what is answered; nothing once everything can be judged."""
    wanted = [Question(record.name, record.type) for record in sought.records]
    wanted += [
        Question(sought.domain, "MX"),
        Question(sought.domain, "A"),
        Question(f"_dmarc.{sought.organisation}", "TXT"),
        Question(f"default._bimi.{sought.domain}", "TXT"),
    ]
    wanted += spf.walk(sought.domain, answers).open
    return list(dict.fromkeys(one for one in wanted if one not in answers))


def evaluate(sought: Sought, answers: Answers) -> tuple[Check, ...]:
    """Return one check for each record wanted, and those of MX and BIMI, which want none of ours."""
    checks = [_check(record, sought, answers) for record in sought.records]
    policy = next((check for check in checks if check.purpose == "dmarc"), None)
    return (*checks, _mx(sought.domain, answers), _bimi(sought.domain, policy, answers))


def verified(checks: Sequence[Check]) -> bool:
    """Return whether the domain may send."""
    return any(check.required for check in checks) and all(check.result == "ok" for check in checks if check.required)


def shown(sought: Sought, checks: Sequence[Check]) -> tuple[Record, ...]:
    """Return those keys' records that wait to be published and are."""
    good = {check.name for check in checks if check.purpose == "dkim" and check.result == "ok"}
    return tuple(record for record in sought.records if record.stage == "next" and record.name in good)


def worse(before: Sequence[Check], after: Sequence[Check]) -> tuple[Check, ...]:
    """Return what was good and is not any more. What had no answer is no news, nor is a key that was exchanged."""
    good = {(check.purpose, check.name) for check in before if check.result == "ok"}
    return tuple(
        check
        for check in after
        if check.result != "ok"
        and check.code != "no_answer"
        and check.stage != "retired"
        and (check.purpose, check.name) in good
    )


def _check(record: Record, sought: Sought, answers: Answers) -> Check:
    found = answers.get((record.name, record.type), ())
    empty = Check(
        record.purpose, "missing", "not_found", record.name, record.value, (), record.required, stage=record.stage
    )
    if found is None:
        return replace(empty, result="wrong", code="no_answer")
    check = replace(empty, found=tuple(found))
    if record.purpose == "spf":
        return _spf(check, sought, answers)
    if record.purpose == "dmarc":
        return _dmarc(check, sought, answers)
    judge = {"verification": _proof, "dkim": _dkim, "return_path": _return_path}[record.purpose]
    return judge(check) if check.found else check


def _is(check: Check, result: Result, code: str, *notes: str) -> Check:
    return replace(check, result=result, code=code, notes=notes)


def _proof(check: Check) -> Check:
    return _is(check, "ok", "found") if check.expected in check.found else _is(check, "wrong", "other_proof")


def _dkim(check: Check) -> Check:
    wanted = tags(check.expected)
    for value in check.found:
        fields = tags(value)
        if fields.get("p") == "":
            return _is(check, "wrong", "key_revoked")
        if fields.get("p") == wanted["p"]:
            return _is(check, *_key_fits(fields, wanted), *(("testing",) if "y" in fields.get("t", "") else ()))
    return _is(check, "wrong", "other_key")


def _key_fits(fields: dict[str, str], wanted: dict[str, str]) -> tuple[Result, str]:
    """Whether receivers use the key for mail that we sign (RFC 6376 3.6.1)."""
    if fields.get("v", "DKIM1") != "DKIM1":
        return "wrong", "not_dkim"
    if fields.get("k", "rsa") != wanted["k"]:
        return "wrong", "other_algorithm"
    if "h" in fields and "sha256" not in fields["h"].split(":"):
        return "wrong", "other_hash"
    if not {"*", "email"} & set(fields.get("s", "*").split(":")):
        return "wrong", "not_for_mail"
    return "ok", "found"


def _spf(check: Check, sought: Sought, answers: Answers) -> Check:
    held = spf.policies(check.found)
    if not held:
        return _is(check, "missing", "not_found")
    if len(held) > 1:
        return _is(check, "wrong", "several_policies")
    walked = spf.walk(sought.domain, answers)
    check = replace(check, number=walked.lookups)
    written = spf.terms(held[0])
    if "all" in written or "+all" in written:
        return _is(check, "wrong", "allows_everybody")
    if walked.too_many:
        return _is(check, "wrong", "too_many_lookups")
    include = spf.terms(check.expected)[0].partition(":")[2]
    if include not in walked.includes:
        return _is(check, "wrong", "not_included")
    lost = [domain for domain in walked.broken if domain != include]
    return _is(check, "wrong", "broken_include") if lost else _is(check, "ok", "found")


def _dmarc(check: Check, sought: Sought, answers: Answers) -> Check:
    held, inherited = _policies(check.found), False
    if not held and sought.organisation != sought.domain:
        above = tuple(answers.get((f"_dmarc.{sought.organisation}", "TXT")) or ())
        held, inherited = _policies(above), True
        check = replace(check, found=above if held else ())
    if not held:
        return _is(check, "missing", "not_found")
    if len(held) > 1:
        return _is(check, "wrong", "several_policies")
    fields = tags(held[0])
    policy = (fields.get("sp") if inherited and fields.get("sp") else fields.get("p", "")) or ""
    if policy.lower() not in {"none", "quarantine", "reject"}:
        return _is(check, "wrong", "no_policy")
    notes = [
        ("inherited", inherited),
        ("strict_spf", fields.get("aspf", "r").lower() == "s"),
        ("partial", fields.get("pct", "100") != "100"),
        ("no_reports", not fields.get("rua")),
    ]
    return _is(check, "ok", f"policy_{policy.lower()}", *(note for note, holds in notes if holds))


def _policies(values: Sequence[str]) -> list[str]:
    return [value for value in values if tags(value).get("v") == "DMARC1"]


def _return_path(check: Check) -> Check:
    same = check.found[0].rstrip(".").lower() == check.expected.lower()
    return _is(check, "ok", "found") if same else _is(check, "wrong", "other_target")


def _mx(domain: str, answers: Answers) -> Check:
    found, address = answers.get((domain, "MX"), ()), answers.get((domain, "A"), ())
    check = Check("mx", "missing", "not_found", domain, "", tuple(found or ()))
    if found is None:
        return _is(check, "wrong", "no_answer")
    if [value.split() for value in found] in ([["0"]], [["0", "."]]):
        return _is(check, "wrong", "null_mx")
    if found:
        return _is(check, "ok", "found")
    return _is(check, "ok", "address_only") if address else check


def _bimi(domain: str, policy: Check | None, answers: Answers) -> Check:
    name = f"default._bimi.{domain}"
    found = answers.get((name, "TXT"), ())
    held = [value for value in found or () if tags(value).get("v") == "BIMI1"]
    check = Check("bimi", "missing", "not_used", name, "", tuple(held))
    if found is None:
        return _is(check, "wrong", "no_answer")
    if not held:
        return check
    fields = tags(held[0])
    logo = fields.get("l", "")
    if not logo and not fields.get("a"):
        return _is(check, "ok", "declined")
    if not (logo.startswith("https://") and logo.partition("?")[0].lower().endswith((".svg", ".svgz"))):
        return _is(check, "wrong", "no_logo")
    if policy is None or policy.code not in {"policy_quarantine", "policy_reject"} or "partial" in policy.notes:
        return _is(check, "wrong", "policy_too_weak")
    return _is(check, "ok", "found", *(() if fields.get("a") else ("no_certificate",)))


def tags(value: str) -> dict[str, str]:
    """Read a tag list like "v=DKIM1; k=rsa; p=..." (RFC 6376 section 3.2); white space in values goes."""
    pairs = (part.partition("=") for part in value.split(";"))
    return {name.strip(): "".join(text.split()) for name, sign, text in pairs if sign}
