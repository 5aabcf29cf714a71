"""One scripted year under each of the five agreements, with a clock that goes where the script says.

Whatever falls due is compared with `years.py`, which was computed by hand; at the end everything is deleted, and the
record of the year still verifies.
"""

import io
import re
import zipfile
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pyrage
import pytest

from mandata.accounts import selectors as accounts
from mandata.accounts.services import notices
from mandata.agreements.models import Obligation
from mandata.agreements.selectors import obligations
from mandata.assistance.services import tables
from mandata.audience.models import Subscriber
from mandata.audits import selectors as audits
from mandata.audits.services import agreeing, asking
from mandata.incidents.services import authority
from mandata.infra import age, clock
from mandata.infra.tenancy import scope
from mandata.record import verification
from mandata.record.models import Entry
from mandata.record.services import sequence_due
from mandata.retention.selectors.ends import current
from mandata.retention.services import certificates, deleting, ends, receivers, returns
from mandata.rights import services as rights
from mandata.subprocessors.services import objections
from mandata.vault.services import record_signer
from tests.delivery.naming import settings
from tests.delivery.storm.conftest import apart
from tests.delivery.storm.ground import Ground
from tests.incidents import cast as breaches
from tests.journeys.years import YEARS, Owed, Year
from tests.subprocessors import cast as changes
from tests.world import Customer
from tests.world.people import accept, registered, staffed

__all__ = ["apart"]

READER = "jana.novakova@inbox.example"
NEVER = datetime.min.replace(tzinfo=UTC)


class Clock(datetime):
    """The clock that `infra.clock` reads: it stands where the script put it."""

    present = NEVER

    @classmethod
    def now(cls, tz: Any = None) -> datetime:  # type: ignore[override]
        """The present of the script."""
        return cls.present.astimezone(tz)


@pytest.fixture(autouse=True)
def _scripted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "datetime", Clock)


class Script:
    """A controller, its year, and what was owed in it so far."""

    def __init__(self, year: Year) -> None:
        self.year = year
        self.at = self.go(year.accepted)
        self.house = registered(f"Bakery under {year.agreement}", agreed=False)
        with scope(self.house.id):
            accept(self.house.owner.actor, at=self.at, name=year.agreement)
        self.customer = Customer(self.house.id, self.house.owner.email, self.house.owner.actor)
        self.member = self.house.owner.actor
        self.staff = staffed().actor
        breaches.peopled(self.customer, [READER, "pavel@inbox.example"], at=self.at)

    def go(self, to: str | datetime) -> datetime:
        """Let it be this instant now."""
        self.at = (datetime.fromisoformat(to) if isinstance(to, str) else to).astimezone(UTC)
        Clock.present = self.at
        return self.at

    def owed(self, expected: Sequence[Owed], about: UUID) -> None:
        """What is owed about a thing is due when the table says, by both readings."""
        with scope(self.house.id):
            found = {one.duty: one for one in obligations.about(about, self.at)}
        for line in expected:
            assert line.duty in found, (line.duty, sorted(found))
            due = found[line.duty]
            assert (_utc(due.strict), _utc(due.statutory)) == (line.strict, line.statutory), (line.duty, line.counted)

    def mails(self, kind: str) -> list[dict[str, Any]]:
        """The letters of a kind to or about this controller's people, newest first."""
        with scope(self.house.id):
            rows = [row for row in accounts.notices(200) if row["kind"].startswith(kind)]
            return [notices.contents(row["id"]) for row in rows]


def _utc(instant: datetime | None) -> str:
    assert instant is not None
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.fixture(params=YEARS, ids=lambda year: year.agreement)
def script(request: pytest.FixtureRequest, apart: Ground) -> Script:
    return Script(request.param)


def a_request_and_its_extension(script: Script) -> None:
    at = script.go(script.year.asked)
    with scope(script.house.id):
        case = rights.receive(kind=_first(script), address=READER, channel="portal", language="en", at=at).case_id
    (mail,) = script.mails("rights.confirm")
    link = re.search(r"/rights/confirm/([\w-]+)/", mail["text"])
    assert link
    rights.confirm(token=link[1], at=script.go(at + timedelta(hours=2)))
    script.owed(script.year.request, case)
    with scope(script.house.id):
        rights.extend(
            case_id=case, reason="The archive is large.", actor=script.member, at=script.go(at + timedelta(days=10))
        )
    script.owed(script.year.extended, case)
    with scope(script.house.id):
        rights.answer(case_id=case, actor=script.member, at=script.go(at + timedelta(days=50)))
        assert Obligation.objects.get(duty=script.year.extended[0].duty, about=case).state == "met"


def _first(script: Script) -> str:
    return "know" if script.year.agreement == "everymail" else "access"


def a_breach_on_a_friday_night(script: Script) -> None:
    at = script.go(script.year.breach)
    breach = breaches.opened(aware=at, at=at, believed_at=at)
    breaches.over(breach, script.customer, at=at, holdings=["subscribers"])
    breaches.told(breach, at=script.go(at + timedelta(minutes=10)))
    breaches.arrived(breach, script.customer, at=script.go(script.year.told))
    share = breaches.share(breach, script.customer)
    assert share.subjects == 2
    script.owed(script.year.incident, share.id)
    with scope(script.house.id):
        assert Obligation.objects.get(duty="breach.notify", about=share.id).state == "met"
    if not any(line.duty == "breach.authority" for line in script.year.incident):
        return
    later = script.go(script.at + timedelta(hours=40))
    with scope(script.house.id):
        authority.sent(share_id=share.id, when=later, proof="receipt 4711", actor=script.member, at=later)
        assert Obligation.objects.get(duty="breach.authority", about=share.id).state == "met"


def a_change_of_sub_processors(script: Script) -> None:
    at = script.go(script.year.change_told)
    name = f"Carrier for {script.year.agreement}"
    changes.carrier(name, at=at)
    change = changes.announced(name, at=at, planned=datetime.fromisoformat(script.year.change_planned))
    changes.told(script.customer, change, at=at)
    changes.delivered(script.customer, change, at=at)
    script.owed(script.year.change, change)
    with scope(script.house.id):
        objections.object_to(
            change_id=change, words="Not by them.", actor=script.member, at=script.go(at + timedelta(days=4))
        )


def an_audit_and_a_second_one(script: Script) -> None:
    if script.year.prices.get("index"):
        script.go("2026-01-20T09:00:00+01:00")
        risen, by = Decimal(script.year.prices["index"]), script.staff.id
        assert by is not None
        tables.state_index(index="cz_cpi", year=2025, percent=risen, source="CZSO", by=by, at=script.at)
    _audit(script, script.year.audit_asked, script.year.audit, nth="first")
    if script.year.agreement == "acomware":
        _audit(script, script.year.second_audit, (), nth="second")


def _audit(script: Script, asked: str, expected: Sequence[Owed], *, nth: str) -> None:
    at, year = script.go(asked), script.year
    day = at + timedelta(days=20 if year.agreement == "acomware" else 40)
    with scope(script.house.id):
        audit = asking.request(
            by="law_firm" if year.agreement == "acomware" else "customer",
            inspector="Novak Law", wished_at=day, scope=["measures"], words="We look at it.",
            actor=script.member, at=at, independent=True, written=True, serious_reason=nth == "second",
            reason="The breach in March." if nth == "second" else "",
        )  # fmt: skip
    script.owed([line for line in expected if line.duty != "audit.notice"], audit)
    noticed = [line.strict for line in expected if line.duty == "audit.notice"]
    with scope(script.house.id):
        since = [one.evidence["since"] for one in audits.audit(audit).answers if one.code == "audit.notice"]
    assert not noticed or since == noticed
    with scope(script.house.id):
        later = script.go(at + timedelta(days=3))
        asking.accept(audit_id=audit, words="Welcome.", actor=script.staff, at=later)
        begins = day.date()
        hours, costs = Decimal(year.prices.get("hours", "8")), Decimal(year.prices.get("costs", "0"))
        terms = agreeing.propose(
            audit_id=audit, begins_on=begins, ends_on=begins, scope=["measures"], hours=hours,
            costs=costs if nth == "second" else Decimal(0), currency="CZK" if nth == "second" else "",
            actor=script.staff, at=later,
        )  # fmt: skip
        agreeing.agree(audit_id=audit, terms_id=terms, actor=script.member, at=script.go(later + timedelta(days=1)))
        price = audits.audit(audit).terms[-1].price
    if nth in year.prices:
        assert Decimal(price["hour"]) == Decimal(year.prices[nth]), price
    if nth == "second":
        assert (price["net"], price["vat"], price["gross"]) == (
            year.prices["net"], year.prices["vat"], year.prices["gross"],
        )  # fmt: skip


def the_end(script: Script) -> UUID:
    """Notice a month ahead, what the agreement's timetable makes of the end, and everything back once it has come."""
    ended = datetime.fromisoformat(script.year.ended)
    at, member = script.go(ended - timedelta(days=30)), script.member
    with scope(script.house.id):
        end = ends.give_notice(by="controller", reason="notice", effective=ended, actor=member, at=at)
    at = script.go(ended)
    with scope(script.house.id):
        assert ends.take_effect(at=at)
        ends.choose(choice="both", actor=member, at=at)
    script.owed([line for line in script.year.ending if line.duty in _SOON], end)
    everything_back(script)
    return end


_SOON = ("end.return", "end.choice", "end.access", "end.grace", "end.request", "end.reminder")
"""What begins with the end itself; end.backup begins with the deletion."""


def everything_back(script: Script) -> None:
    """The archive of everything opens with the passphrase, and has both people in it."""
    at = script.go(script.at + timedelta(days=1))
    with scope(script.house.id):
        receiver = receivers.receiver(passphrase="plum-cake-and-caraway")
        wanted = returns.ask(receiver=receiver, to=returns.Destination(), actor=script.member, at=at, queue=False)
    assert returns.make(controller_id=script.house.id, return_id=wanted)
    with scope(script.house.id):
        fetched = b"".join(returns.fetch(return_id=wanted, actor=script.member, at=script.at).pieces)
        secret = pyrage.passphrase.decrypt(returns.identity(wanted), "plum-cake-and-caraway").decode()
    plain = b"".join(age.decrypt([fetched], age.identities(secret)))
    with zipfile.ZipFile(io.BytesIO(plain)) as archive:
        everybody = b"".join(archive.read(name) for name in archive.namelist() if name.endswith(".csv"))
    assert READER.encode() in everybody and b"pavel@inbox.example" in everybody


def everything_deleted(script: Script, end: UUID) -> None:
    """By December nothing stands against it; the certificate says what went, and what is left is the record."""
    at = script.go("2026-12-15T10:00:00+00:00")
    with scope(script.house.id):
        ends.proceed(at=at)
        name = accounts.controller().name
    deleting.confirm(controller_id=script.house.id, typed=name, actor=script.staff, at=at, queue=False)
    while deleting.run(controller_id=script.house.id, queue=False):
        pass
    script.owed([line for line in script.year.ending if line.duty not in _SOON], end)
    while sequence_due(at=script.at):
        pass
    with scope(script.house.id):
        found = current()
        assert found is not None and found.state == "certified", found
        certificate = "".join(certificates.proof(end))
    with scope(script.house.id):
        assert not Subscriber.objects.exists()
    assert READER not in certificate


def the_record_holds(script: Script) -> None:
    """The log of a controller that is gone verifies like any other, with what happened in it."""
    found = verification.verify(script.house.id, record_signer().public_key())
    assert found.holds, found.findings
    with scope(script.house.id):
        kinds = set(Entry.objects.values_list("kind", flat=True))
    assert kinds >= {"agreement.accepted", "rights.received", "retention.end_noticed", "retention.deletion_confirmed"}


@pytest.mark.req("AGR-1", "DSR-3", "BRE-1", "BRE-3", "SPR-3", "AUD-1", "AUD-2", "AUD-4", "RET-2", "RET-3", "RET-5")
@pytest.mark.timeout(300)
def test_a_year_under_an_agreement(script: Script, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with settings(monkeypatch, RETURNS=str(tmp_path), VAT_PERCENT="21"):
        a_request_and_its_extension(script)
        a_breach_on_a_friday_night(script)
        a_change_of_sub_processors(script)
        an_audit_and_a_second_one(script)
        end = the_end(script)
        everything_deleted(script, end)
    the_record_holds(script)
