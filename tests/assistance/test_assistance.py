"""Help between the parties: asked for and given in time, authorities told of, time spent and billed once a month."""

import csv
import io
import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from mandata.agreements.selectors import obligations
from mandata.assistance import selectors
from mandata.assistance.errors import BadFile, BadWords, BadWork, NoSuch, NotYours, WrongState
from mandata.assistance.models import Index, Tariff, Work
from mandata.assistance.rules import codes
from mandata.assistance.services import assessing, files, intake, proceedings, requests, statements, tables, working
from mandata.foundation.actors import SYSTEM, Actor
from mandata.infra.clock import new_id
from mandata.infra.tenancy import scope
from mandata.record import selectors as record
from tests.agreements.deals import Deal, deal

STAFF = new_id()
OPERATOR = Actor("operator", STAFF)
BEGIN = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
ASKED = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
JANUARY, APRIL = date(2026, 1, 1), datetime(2026, 4, 1, 9, 0, tzinfo=UTC)


@pytest.fixture
def house(database: object) -> Deal:
    return deal("ecomail", at=BEGIN)


def ask(house: Deal, actor: Actor | None = None) -> UUID:
    with scope(house.id):
        return requests.ask(
            matter="compliance", words="Your certificates, please.", actor=actor or house.actor, at=ASKED
        )


def owed(house: Deal, about: UUID) -> list[obligations.Obliged]:
    with scope(house.id):
        return obligations.about(about, ASKED)


@pytest.mark.req("AST-3")
def test_either_party_owes_what_it_is_asked_for_within_ten_working_days(house: Deal) -> None:
    for actor, who in ((house.actor, "processor"), (OPERATOR, "controller")):
        (one,) = owed(house, ask(house, actor))
        assert (one.duty, one.owed_by, str(one.period)) == ("assistance.documents", who, "10 working days")
        assert one.strict.date() == date(2026, 3, 16), "no holiday in between"


@pytest.mark.req("AST-3")
def test_an_answer_with_its_files_meets_the_duty(house: Deal) -> None:
    request = ask(house)
    with scope(house.id):
        file = files.take(
            about=("assistance", request), kind="document", name="C:\\x\\iso.pdf", media_type="application/pdf",
            content=b"%PDF", actor=OPERATOR, at=ASKED,
        )  # fmt: skip
        with pytest.raises(NotYours):
            requests.answer(request_id=request, words="Here.", actor=house.actor, at=ASKED)
        requests.answer(request_id=request, words="Here.", actor=OPERATOR, at=ASKED)
        with pytest.raises(WrongState):
            requests.answer(request_id=request, words="Again.", actor=OPERATOR, at=ASKED)
        found = selectors.request(request)
        view, content = selectors.content(file, about=request)
        told = [one.body for one in record.entries(kind="assistance.answered")]
    assert (found.state, found.answer, found.files[0].name) == ("answered", "Here.", "iso.pdf")
    assert (view.media_type, content) == ("application/pdf", b"%PDF")
    assert [one.state for one in owed(house, request)] == ["met"]
    assert "Here." not in json.dumps(told)


@pytest.mark.req("AST-3")
def test_a_refusal_leaves_the_processors_duty_and_a_withdrawal_ends_it(house: Deal) -> None:
    refused, withdrawn = ask(house), ask(house)
    with scope(house.id):
        requests.refuse(request_id=refused, reason="It names other customers.", actor=OPERATOR, at=ASKED)
        requests.withdraw(request_id=withdrawn, actor=house.actor, at=ASKED)
    assert [one.state for one in owed(house, refused)] == ["open"]
    assert [one.state for one in owed(house, withdrawn)] == ["lapsed"]


@pytest.mark.req("AST-3")
def test_where_the_agreement_is_silent_the_processor_owes_by_law_and_the_controller_nothing(database: object) -> None:
    silent = deal("imagicle", at=BEGIN)
    (one,) = owed(silent, ask(silent))
    assert (one.owed_by, one.timed, one.source) == ("processor", False, "Article 28(3)(f) and (h) GDPR")
    assert owed(silent, ask(silent, OPERATOR)) == []


@pytest.mark.req("AST-2")
def test_an_authoritys_proceeding_is_told_both_ways_with_progress_and_result(house: Deal) -> None:
    with scope(house.id):
        for actor in (OPERATOR, house.actor):
            own = proceedings.tell(
                opened_at=ASKED - timedelta(days=1), authority="Úřad", words="An inspection.", actor=actor, at=ASKED
            )
            proceedings.progress(proceeding_id=own, words="They were here.", actor=actor, at=ASKED)
            with pytest.raises(NotYours):
                other = house.actor if actor is OPERATOR else OPERATOR
                proceedings.progress(proceeding_id=own, words="We too.", actor=other, at=ASKED)
            proceedings.result(proceeding_id=own, words="No fault.", came_at=ASKED, actor=actor, at=ASKED)
            with pytest.raises(WrongState):
                proceedings.progress(proceeding_id=own, words="Late.", actor=actor, at=ASKED)
            found = selectors.proceeding(own)
            assert (found.state, found.authority) == ("closed", "Úřad")
            assert [(one.kind, one.words) for one in found.steps] == [
                ("progress", "They were here."), ("result", "No fault."),
            ]  # fmt: skip
        first, second = selectors.proceedings()[::-1]
        assert [one.state for one in obligations.about(first.id, ASKED)] == ["met", "met"], "the processor owes it"
        assert obligations.about(second.id, ASKED) == [], "this agreement binds the processor alone"


@pytest.mark.req("AST-1")
def test_what_the_controller_tells_is_taken_in_and_the_officer_replaced(house: Deal) -> None:
    with scope(house.id):
        first = intake.tell(
            kind="officer", title="Jana", words="", contact="dpo@shop.example", actor=house.actor, at=ASKED
        )
        second = intake.tell(
            kind="officer", title="Eva", words="", contact="eva@shop.example", actor=house.actor, at=ASKED
        )
        intake.tell(kind="dpia", title="Newsletter", words="High risk: none.", actor=house.actor, at=ASKED)
        intake.seen(intake_id=second, by=STAFF, at=ASKED)
        assert selectors.intake(first).state == "replaced"
        assert [one.title for one in selectors.intakes(kind="officer", current=True)] == ["Eva"]
        with pytest.raises(BadWords):
            intake.tell(kind="officer", title="Nobody", words="", actor=house.actor, at=ASKED)
        with pytest.raises(NotYours):
            intake.tell(kind="law", title="New law", words="", actor=OPERATOR, at=ASKED)


@pytest.mark.req("AST-1", "CCP-2")
@pytest.mark.parametrize("kind", sorted(assessing.KINDS))
def test_a_pack_for_an_assessment_is_filled_from_the_running_system(house: Deal, kind: str) -> None:
    with scope(house.id):
        intake.tell(kind="dpia", title="Our newsletter", words="Done.", actor=house.actor, at=ASKED)
        told = json.loads(assessing.as_json(kind=kind, language="en", at=ASKED))
        assert assessing.as_pdf(kind=kind, language="cs", at=ASKED).startswith(b"%PDF")
    titles = [one["title"] for one in told["chapters"]]
    assert "Technical and organisational measures" in titles
    assert "Our newsletter" in json.dumps(told)
    assert told["chapters"][-1]["paragraphs"][0]["text"] == "To be filled in by the controller."


def book(house: Deal, kind: str = "rights", **more: object) -> UUID:
    told: dict[str, object] = {"day": date(2026, 3, 2), "minutes": 90, "about": ("audit", new_id()), "at": ASKED}
    with scope(house.id):
        return working.book(kind=kind, by=STAFF, **{**told, **more})  # type: ignore[arg-type]


@pytest.mark.req("AST-4")
def test_a_month_is_stated_once_and_nothing_changes_it(database: object) -> None:
    house = deal("everymail", at=BEGIN)
    book(house)
    paid = book(house, "assessments", minutes=100, hour=Decimal("200.00"), currency="USD", costs=Decimal("12.50"))
    with scope(house.id):
        with pytest.raises(BadWords):
            statements.issue(month=date(2026, 3, 15), actor=OPERATOR, at=ASKED)
        own = statements.issue(month=date(2026, 3, 15), actor=OPERATOR, at=APRIL)
        with pytest.raises(WrongState):
            statements.issue(month=date(2026, 3, 1), actor=OPERATOR, at=APRIL)
        with pytest.raises(WrongState):
            working.cancel(work_id=paid, by=STAFF, at=APRIL)
        found = selectors.statement(own)
        rows = list(csv.reader(io.StringIO(statements.as_csv(own).decode("utf-8-sig"))))
        told = json.loads(statements.as_json(own))
        assert statements.as_pdf(own, language="cs").startswith(b"%PDF")
        assert selectors.unbilled(date(2026, 4, 1), at=APRIL) == []
    assert [one["state"] for one in found.lines] == ["free", "billed"]
    assert found.totals[0] | {"vat": ""} == {"currency": "USD", "net": "262.50", "vat": "", "gross": "262.50"}
    assert rows[2][5:9] == ["150.00", "250.00", "12.50", "USD"], "100 minutes at the limit of USD 150"
    assert told["totals"] == list(found.totals)


@pytest.mark.req("AST-4")
def test_what_has_no_price_yet_waits_for_the_next_statement(database: object) -> None:
    house = deal("icewarp", at=BEGIN)
    book(house)
    with scope(house.id):
        first = statements.issue(month=date(2026, 3, 1), actor=OPERATOR, at=APRIL)
        assert selectors.statement(first).lines == ()
        assert [one.line.state for one in selectors.work(at=APRIL) if one.line] == ["quote"]
    tables.state_price(work="rights", currency="EUR", hour=Decimal("60"), since=JANUARY, by=STAFF, at=APRIL)
    with scope(house.id):
        second = statements.issue(month=date(2026, 4, 1), actor=OPERATOR, at=datetime(2026, 5, 1, tzinfo=UTC))
        assert [one["work"] for one in selectors.statement(second).lines] == ["90.00"]
    Tariff.objects.all().delete()


def test_bad_work_bad_files_and_bad_words_are_refused(house: Deal) -> None:
    bad: tuple[dict[str, object], ...] = (
        {"minutes": 0}, {"minutes": 1441}, {"minutes": -5}, {"day": date(2026, 3, 3)}, {"currency": "ABC"},
        {"hour": Decimal("1.001"), "currency": "EUR"}, {"hour": Decimal("5")},
        {"costs": Decimal("-1"), "currency": "EUR"},
        {"hour": Decimal("NaN"), "currency": "EUR"}, {"audit_of_year": 0},
    )  # fmt: skip
    for one in bad:
        with pytest.raises(BadWork):
            book(house, **one)  # type: ignore[arg-type]
    with pytest.raises(BadWork):
        book(house, "magic")
    about = ("assistance", ask(house))
    with scope(house.id):
        for content in (b"", b"x" * (codes.MAX_FILE + 1)):
            with pytest.raises(BadFile):
                files.take(about=about, kind="x", name="x", media_type="", content=content, actor=OPERATOR, at=ASKED)
        for words in ("", "  ", "x" * 10_001):
            with pytest.raises(BadWords):
                requests.ask(matter="rights", words=words, actor=house.actor, at=ASKED)
        with pytest.raises(NotYours):
            requests.ask(matter="rights", words="x", actor=SYSTEM, at=ASKED)
        assert Work.objects.count() == 0


def test_of_another_controller_nothing_is_seen_or_changed(house: Deal) -> None:
    request = ask(house)
    work = book(house)
    other = deal("ecomail", at=BEGIN)
    with scope(other.id):
        assert (selectors.requests(), selectors.work(at=ASKED), selectors.statements()) == ([], [], [])
        for act in (
            lambda: requests.answer(request_id=request, words="x", actor=OPERATOR, at=ASKED),
            lambda: working.cancel(work_id=work, by=STAFF, at=ASKED),
            lambda: selectors.content(new_id(), about=request),
        ):
            with pytest.raises(NoSuch):
                act()


@pytest.mark.req("AUD-4")
def test_the_table_of_indices_takes_years_that_are_over_with_their_source(database: object) -> None:
    told = {"index": "cz_cpi", "percent": Decimal("2.4"), "source": "csu.example", "by": STAFF, "at": ASKED}
    for bad in ({"year": 2026}, {"year": 1900}, {"percent": Decimal("1.234")}, {"source": " "}, {"index": "x"}):
        with pytest.raises(BadWork):
            tables.state_index(**{"year": 2019, **told, **bad})  # type: ignore[arg-type]
    tables.state_index(year=2019, **told)  # type: ignore[arg-type]
    tables.state_index(year=2019, **{**told, "percent": Decimal("2.8")})  # type: ignore[arg-type]
    assert selectors.increases("cz_cpi")[2019] == Decimal("2.80")
    Index.objects.filter(year=2019).delete()
