"""The log of disclosures to recipients who are no sub-processors: advisers, authorities, requesters … (SPR-8)."""

from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from mandata.agreements import selectors as agreements
from mandata.agreements.rules.facts.acts import RECIPIENTS, DiscloseFacts
from mandata.agreements.rules.gates.sharing import may_disclose
from mandata.agreements.services import asking
from mandata.foundation.actors import Actor
from mandata.infra.clock import new_id
from mandata.record.services import append
from mandata.subprocessors.errors import BadEntry
from mandata.subprocessors.models import Disclosure
from mandata.subprocessors.rules import countries

KINDS = tuple(kind for kind in RECIPIENTS if kind != "subprocessor")


def log(
    *,
    kind: str,
    recipient: str,
    country: str,
    what: str,
    actor: Actor,
    at: datetime,
    ground: str = "",
    subjects: int | None = None,
    instruction: UUID | None = None,
) -> UUID:
    """Ask the gate, log the disclosure and return its id. Call it before the data leaves.

    ``kind``: adviser, group, insurer, collector, authority, requester, other; ``ground``: the law that demands or
    allows it, or empty where ``instruction`` (an id) orders it; ``what`` in words; ``subjects``: of how many people.
    The record holds kind, country and count: names and words stay in the scope. Raises GateRefused, BadEntry.
    """
    if kind not in KINDS or not recipient.strip() or not what.strip() or not countries.is_country(country):
        raise BadEntry(
            _("A disclosure needs the kind of recipient, its name, its country and what was disclosed."),
            remedy=_("Take one of %(kinds)s.") % {"kinds": ", ".join(KINDS)},
        )
    disclosure_id, found = new_id(), agreements.ground(at)
    facts = DiscloseFacts(
        recipient=kind,  # the name may be a person's, and refusals are recorded
        at=at,
        kind=kind,
        country=country,
        ground=ground.strip(),
        instructed=instruction is not None,
        mechanisms=countries.mechanisms(country, ()),
        standing=found.standing,
    )
    verdicts = may_disclose(found.terms, facts)
    asking.keep("disclose", disclosure_id, verdicts, actor=actor, at=at)
    asking.refuse(verdicts)
    Disclosure.objects.create(
        id=disclosure_id,
        kind=kind,
        recipient=recipient.strip(),
        country=country,
        ground=ground.strip(),
        what=what.strip(),
        subjects=subjects,
        instruction=instruction,
        by=str(actor)[:60],
        at=at,
    )
    body: dict[str, object] = {"disclosure": disclosure_id, "recipient_kind": kind, "country": country}
    body |= {"subjects": subjects, "instruction": instruction}
    append(kind="disclosure.made", body=body, actor=actor, at=at, clause="people.confidentiality")
    return disclosure_id
