"""Rights of the people in the operator's own data: requests opened by hand, with the law's clock (CTL-1). And what of
that data goes by its age.

In the installation's scope, which these verbs open themselves. What a request says is sealed.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

from django.contrib.sessions.models import Session
from django.db.models import Max
from django.utils.translation import gettext as _

from mandata.accounts import ageing
from mandata.agreements.rules.values import Period
from mandata.agreements.services import obligations
from mandata.foundation import canonical
from mandata.foundation.actors import SYSTEM, Actor
from mandata.foundation.periods import Reckoning, Regime
from mandata.foundation.words import mark
from mandata.infra.clock import new_id
from mandata.infra.tenancy import INSTANCE, scope
from mandata.record.services import append
from mandata.retention.errors import Incomplete, NoSuchRow, NotSo
from mandata.retention.models import OwnCase
from mandata.retention.rules import keeping
from mandata.retention.selectors import own as selectors
from mandata.vault import services as vaults
from mandata.vault.services import Vault

ANSWER: Final = "rights.answer"
ABOUT: Final = "own_case"
KEPT: Final = Period.parse("3 years")
"""For how long an answered request is kept (ours; the limitation of claims)."""
MAILS: Final = 10_000
"""So many mails are forgotten at once."""
RIGHTS: Final[Mapping[str, str]] = {
    "access": mark("access"),
    "rectification": mark("rectification"),
    "erasure": mark("erasure"),
    "restriction": mark("restriction"),
    "portability": mark("portability"),
    "objection": mark("objection"),
    "complaint": mark("complaint"),
}
_CLAUSE: Final = "Article 12(3) GDPR"


def receive(*, right: str, who: str, words: str, received_at: datetime, actor: Actor, at: datetime) -> UUID:
    """Enter a request to the operator as a controller; its answer is owed by the law's clock. Raises Incomplete."""
    if right not in RIGHTS or not who.strip() or not words.strip() or received_at > at:
        raise Incomplete(
            _("A request needs the right, who asks, what for, and when it came: not in the future."), clause=_CLAUSE
        )
    with scope(INSTANCE):
        row = OwnCase(id=new_id(), right=right, received_at=received_at, by=str(actor), at=at)
        row.number = 1 + (OwnCase.objects.aggregate(last=Max("number"))["last"] or 0)
        vault = _vault(at)
        vault.create([row.id])
        row.sealed = vault.seal(row.id, selectors.SEALED, canonical.dumps({"who": who.strip(), "words": words.strip()}))
        row.obligation = obligations.open_duty(
            duty=ANSWER, since=received_at, cause=f"own_case:{row.id}", at=at, about=(ABOUT, row.id),
            owed_by="processor", owed_to="person", actor=actor,
        )  # fmt: skip
        row.save(force_insert=True)
        body: dict[str, object] = {"case": row.id, "right": right, "received": received_at}
        append(kind="own.case_received", body=body, actor=actor, at=at, clause=_CLAUSE)
        made: UUID = row.id
        return made


def _vault(at: datetime) -> Vault:
    """The installation's own vault; its keys are made at the first need."""
    from mandata.vault.errors import KeyDestroyed

    try:
        return Vault.open()
    except KeyDestroyed:
        vaults.begin(at=at)
        return Vault.open()


def settle(*, case_id: UUID, outcome: str, words: str, actor: Actor, at: datetime) -> None:
    """Close a request as answered or refused, with what was said. Raises NoSuchRow, NotSo, Incomplete."""
    if outcome not in ("answered", "refused") or not words.strip():
        raise Incomplete(_("Say how it was answered, and in which words."), clause=_CLAUSE)
    with scope(INSTANCE):
        row = OwnCase.objects.select_for_update().filter(id=case_id).first()
        if row is None:
            raise NoSuchRow(_("There is no such request."), clause=_CLAUSE)
        if row.state != "open":
            raise NotSo(_("This request is closed already."), clause=_CLAUSE)
        said = selectors.words(row) | {"answer": words.strip()}
        row.sealed = Vault.open().seal(row.id, selectors.SEALED, canonical.dumps(said))
        row.state, row.closed_at = outcome, at
        row.save()
        obligations.meet_about(about=row.id, duties=[ANSWER], evidence={"outcome": outcome}, actor=actor, at=at)
        append(kind="own.case_closed", body={"case": row.id, "outcome": outcome}, actor=actor, at=at, clause=_CLAUSE)


def forget(*, at: datetime) -> int:
    """Delete what of the operator's own data has had its time: sessions that ran out, mails to its own people, requests
    answered long ago.

    Of a request its number, right and times stay, without a person. Returns how many.
    """
    gone = int(Session.objects.filter(expire_date__lt=at).delete()[0])
    with scope(INSTANCE):
        counted = Reckoning(Regime.PLAIN, "CZ", "Europe/Prague")
        gone += ageing.drop_mails(keeping.cutoff(keeping.BY_CODE["mails"].ours or KEPT, at, counted), MAILS)
        before = keeping.cutoff(KEPT, at, counted)
        old = OwnCase.objects.select_for_update().filter(state__in=["answered", "refused"], closed_at__lt=before)
        ids = list(old.values_list("id", flat=True))
        if ids:
            Vault.open().destroy(ids)
            OwnCase.objects.filter(id__in=ids).update(sealed=b"", state="forgotten")
            append(kind="own.cases_forgotten", body={"cases": len(ids)}, actor=SYSTEM, at=at, clause="CTL-1")
    return gone + len(ids)
