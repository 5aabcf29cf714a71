"""What a reading says, case by case: the table of the checks' rules."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils.translation import override

from mandata.agreements.rules import measures as clauses
from mandata.console.operator.measures import figures
from mandata.measures import words
from mandata.measures.looking import CHECKS
from mandata.measures.rules import headings, outages, standing
from mandata.measures.rules import verdicts as rules
from mandata.measures.rules.outages import Span
from mandata.measures.rules.standing import Found, Shown
from mandata.measures.rules.verdicts import (
    Apart,
    Bytes,
    Dependencies,
    Entrance,
    Erasures,
    Hashing,
    Keys,
    Page,
    Roots,
    Scanner,
    Tokens,
    Verdict,
    Walls,
    Wire,
)  # fmt: skip

AT = datetime(2026, 11, 2, 9, tzinfo=UTC)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
GOOD = {
    "content-security-policy": "default-src 'self'; script-src 'self'; frame-ancestors 'self'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "strict-transport-security": "max-age=31536000",
}


def tls(until: datetime = AT + 60 * DAY, version: str = "TLSv1.3") -> Wire:
    return Wire("console", "tls", version, until)


TABLE: list[tuple[Verdict, str]] = [
    (rules.wires([tls()], AT), "as_it_should"),
    (rules.wires([tls(), Wire("mail", "loopback")], AT), "as_it_should"),
    (rules.wires([Wire("mail", "loopback")], AT), "loopback_only"),
    (rules.wires([], AT), "nothing_configured"),
    (rules.wires([Wire("console", "plain_here"), Wire("door", "plain_here")], AT), "no_tls_here"),
    (rules.wires([Wire("console", "plain_here"), Wire("door", "plain")], AT), "no_tls"),
    (rules.wires([tls(), Wire("door", "plain")], AT), "no_tls"),
    (rules.wires([tls(), Wire("door", "away")], AT), "nobody_answers"),
    (rules.wires([Wire("door", "untrusted")], AT), "certificate_untrusted"),
    (rules.wires([tls(version="TLSv1.1")], AT), "tls_old"),
    (rules.wires([tls(AT + 13 * DAY)], AT), "certificate_ends"),
    (rules.wires([tls(AT + 14 * DAY)], AT), "as_it_should"),
    (rules.page(Page(True, True, GOOD, ("csrftoken=x; samesite=lax; secure",))), "as_it_should"),
    (rules.page(Page(True, True, GOOD, ("csrftoken=x; samesite=lax",))), "headers_missing"),
    (rules.page(Page(True, False, GOOD, ("csrftoken=x; samesite=lax",))), "as_it_should"),
    (rules.page(Page(True, True, {**GOOD, "strict-transport-security": "max-age=60"})), "headers_missing"),
    (rules.page(Page(True, False, {**GOOD, "content-security-policy": "default-src *"})), "headers_missing"),
    (rules.page(Page(False)), "nobody_answers"),
    (rules.walls(Walls(90, 12)), "as_it_should"),
    (rules.walls(Walls(90, 12, leaked=("a",))), "rows_of_others"),
    (rules.walls(Walls(90, 12, bare=("a",))), "no_wall"),
    (rules.walls(Walls(90, 12, mighty=True)), "role_bypasses"),
    (rules.walls(Walls(0, 0)), "nothing_tried"),
    (rules.stored(Bytes(5, 80, 900, {"a": 0})), "as_it_should"),
    (rules.stored(Bytes(5, 80, 900, {"a": 1})), "identity_in_clear"),
    (rules.stored(Bytes(0, 0, 0)), "none_kept_yet"),
    (rules.keys(Keys(3, AT - 8 * DAY, 0, 2, False), 7 * DAY, AT), "as_it_should"),
    (rules.keys(Keys(3, AT - 9 * DAY, 0, 0, False), 7 * DAY, AT), "key_old"),
    (rules.keys(Keys(3, AT, 0, 2, True), 7 * DAY, AT), "key_uncopied"),
    (rules.keys(Keys(3, AT, 0, 0, True, closed=1), 7 * DAY, AT), "key_missing"),
    (rules.backups(AT - 47 * HOUR, DAY, AT), "as_it_should"),
    (rules.backups(AT - 49 * HOUR, DAY, AT), "backup_old"),
    (rules.backups(None, DAY, AT), "no_backup"),
    (rules.backups(AT, None, AT), "no_store"),
    (rules.apart(Apart("bucket", 3, 3)), "as_it_should"),
    (rules.apart(Apart("disk", 3, 2)), "backup_in_clear"),
    (rules.apart(Apart("same", 3, 3)), "same_disk"),
    (rules.apart(Apart("away")), "store_away"),
    (rules.apart(Apart("none")), "no_store"),
    (rules.apart(Apart("disk", 0, 0)), "no_backup"),
    (rules.drill(AT - 40 * DAY, True, 30 * DAY, AT), "as_it_should"),
    (rules.drill(AT - 46 * DAY, True, 30 * DAY, AT), "drill_old"),
    (rules.drill(AT - DAY, False, 30 * DAY, AT), "drill_failed"),
    (rules.drill(None, False, 30 * DAY, AT), "no_drill"),
    (rules.roots(Roots(3, 100, copies=3)), "as_it_should"),
    (rules.roots(Roots(3, 100, wrong=1)), "root_differs"),
    (rules.roots(Roots(3, 100, copies=3, differ=1)), "copy_differs"),
    (rules.entrance(Entrance(True, 5)), "as_it_should"),
    (rules.entrance(Entrance(True, None)), "never_shut"),
    (rules.entrance(Entrance(False, None)), "probe_not_opened"),
    (rules.hashing(Hashing("argon2", 102_400, 2)), "as_it_should"),
    (rules.hashing(Hashing("pbkdf2_sha256", 0, 0)), "hash_weak"),
    (rules.hashing(Hashing("argon2", 102_400, 2, 10, weaker=1)), "hashes_old"),
    (rules.tokens(Tokens(4)), "as_it_should"),
    (rules.tokens(Tokens(4, clear=1)), "token_in_clear"),
    (rules.tokens(Tokens(4, orphans=1)), "token_orphaned"),
    (rules.erasures(Erasures(4)), "as_it_should"),
    (rules.erasures(Erasures(0, outside=False)), "none_kept_yet"),
    (rules.erasures(Erasures(4, without_entry=1)), "erasure_unlogged"),
    (rules.erasures(Erasures(4, unproven=1)), "erasure_unchained"),
    (rules.erasures(Erasures(4, outside=False)), "no_outside_log"),
    (rules.access_log(changeable=False, rules_ring=True, waiting=0), "as_it_should"),
    (rules.access_log(changeable=True, rules_ring=True, waiting=0), "log_changeable"),
    (rules.access_log(changeable=False, rules_ring=False, waiting=0), "rules_silent"),
    (rules.access_log(changeable=False, rules_ring=True, waiting=1), "judging_late"),
    (rules.dependencies(Dependencies(9, AT - 10 * DAY), AT), "age_only"),
    (rules.dependencies(Dependencies(9, AT - 91 * DAY), AT), "age_only_old"),
    (rules.dependencies(Dependencies(9, AT, AT, ("x 1: Y",)), AT), "advisory"),
    (rules.dependencies(Dependencies(9, AT, AT - 31 * DAY), AT), "advisories_old"),
    (rules.dependencies(Dependencies(9, AT, AT), AT), "as_it_should"),
    (rules.scanner(Scanner(False), AT), "nothing_configured"),
    (rules.scanner(Scanner(True), AT), "nobody_answers"),
    (rules.scanner(Scanner(True, True), AT), "scanner_blind"),
    (rules.scanner(Scanner(True, True, True, AT - 8 * DAY), AT), "signatures_old"),
    (rules.scanner(Scanner(True, True, True, AT), AT), "as_it_should"),
    (rules.clock({"database": 1.9}), "as_it_should"),
    (rules.clock({"database": -2.1}), "clock_skewed"),
    (rules.disk({"var": 0.11}), "as_it_should"),
    (rules.disk({"var": 0.5, "keys": 0.09}), "disk_low"),
    (rules.disk({}), "nothing_tried"),
    (rules.people(staff=2, without=0, reason="not_signed"), "as_it_should"),
    (rules.people(staff=2, without=1, reason="training_lapsed"), "training_lapsed"),
    (rules.people(staff=0, without=0, reason="not_signed"), "no_staff"),
    (rules.people(staff=2, without=2, reason="not_signed"), "not_signed"),
    (rules.rounds(None, AT, first=True), "first_round"),
    (rules.rounds(AT - 3 * DAY, AT, first=False), "rounds_missing"),
    (rules.rounds(AT - DAY, AT, first=False), "as_it_should"),
]


@pytest.mark.req("SEC-4")
@pytest.mark.parametrize(("verdict", "reason"), TABLE, ids=lambda value: value if isinstance(value, str) else "")
def test_a_reading_has_one_verdict_with_its_reason(verdict: Verdict, reason: str) -> None:
    good, none = {"as_it_should", "none_kept_yet", "age_only", "first_round"}, {"nothing_configured", "loopback_only"}
    assert verdict.reason == reason
    assert verdict.outcome == ("held" if reason in good else "absent" if reason in none else "failed")


def test_every_reason_has_words_and_a_remedy_and_every_code_its_own() -> None:
    assert {reason for _verdict, reason in TABLE} | {"check_fault", "evidence_due"} == set(words.REASONS)
    assert set(words.CHECKS) == set(headings.CHECKS) == set(CHECKS)
    assert tuple(words.HEADINGS) == headings.HEADINGS
    assert tuple(words.PARTS) == outages.PARTS
    assert tuple(words.CAUSES) == outages.CAUSES


def test_every_figure_behind_a_result_is_called_by_words() -> None:
    named = {name for verdict, _reason in TABLE for name in verdict.figures} | {"fault"}
    assert named == set(words.FIGURES)
    assert set(words.REASONS) >= words.UNSET
    with override("cs"):
        assert figures({"places": {"mail": "loopback"}, "days_left": None, "free_percent": {"var": 9.5}}) == [
            ("Místa a čím odpověděla", "vrácená pošta: jen na tomto stroji, nezkoumáno"),
            ("Dní do konce prvního certifikátu", "–"),
            ("Volné místo podle složky v procentech", "var: 9,5"),
        ]


@pytest.mark.req("SEC-8")
def test_a_measure_of_which_one_part_leads_nowhere_holds_by_the_others_alone() -> None:
    plan = headings.MEASURES["transport"]
    nowhere = Found("absent", "loopback_only", AT)
    assert standing.standing(plan, dict.fromkeys(plan.checks, nowhere), None, AT).state == "unknown"
    web = {"web_tls": Found("held", "", AT), "mail_tls": nowhere}
    assert standing.standing(plan, web, None, AT).state == "held"


@pytest.mark.req("SEC-8")
def test_every_measure_that_an_agreement_can_name_has_headings_and_a_check_or_an_owner() -> None:
    assert set(headings.MEASURES) == set(clauses.CODES)
    for code, plan in headings.MEASURES.items():
        assert plan.headings, code
        assert set(plan.headings) <= set(headings.HEADINGS), code
        assert set(plan.checks) <= set(headings.CHECKS), code
    assert len(headings.HEADINGS) == 17
    looked = {check for plan in headings.MEASURES.values() for check in plan.checks}
    assert looked == set(headings.CHECKS), "a check that no measure rests on"
    under = {heading for plan in headings.MEASURES.values() for heading in plan.headings}
    assert under == set(headings.HEADINGS), "a heading under which nothing stands"


@pytest.mark.req("SEC-8")
def test_a_measure_holds_only_while_all_its_checks_held_lately() -> None:
    plan = headings.MEASURES["https"]
    good = {code: Found("held", "", AT - HOUR) for code in plan.checks}
    assert standing.standing(plan, good, None, AT).state == "held"
    assert standing.standing(plan, good, None, AT + 4 * DAY).state == "unknown"
    assert standing.standing(plan, {}, None, AT).state == "unknown"
    assert standing.standing(plan, {plan.checks[0]: good[plan.checks[0]]}, None, AT).state == "unknown"
    bad = {**good, "headers": Found("failed", "headers_missing", AT)}
    assert standing.standing(plan, bad, None, AT) == standing.Standing("failed", AT - HOUR, ("headers",))


@pytest.mark.req("SEC-8")
def test_what_no_machine_can_look_at_holds_until_its_owners_date() -> None:
    plan = headings.MEASURES["cameras"]
    shown = Shown(date(2026, 5, 1), date(2026, 11, 2))
    assert standing.standing(plan, {}, None, AT).state == "unknown"
    assert standing.standing(plan, {}, shown, AT).state == "held"
    assert standing.standing(plan, {}, shown, AT + DAY).state == "overdue"
    scanner = headings.MEASURES["malware"]
    absent = {"malware": Found("absent", "nothing_configured", AT)}
    assert standing.standing(scanner, absent, shown, AT).by_owner
    found = {"malware": Found("failed", "scanner_blind", AT)}
    assert standing.standing(scanner, found, shown, AT).state == "failed"


@pytest.mark.req("SEC-9")
def test_availability_counts_what_overlaps_once_and_only_since_somebody_looks() -> None:
    since = datetime(2026, 10, 30, tzinfo=UTC)
    spans = [
        Span("console", datetime(2026, 10, 31, 23, tzinfo=UTC), datetime(2026, 11, 1, 1, tzinfo=UTC)),
        Span("console", datetime(2026, 11, 1, 0, 30, tzinfo=UTC), datetime(2026, 11, 1, 2, tzinfo=UTC)),
        Span("console", datetime(2026, 11, 1, 10, tzinfo=UTC), datetime(2026, 11, 1, 12, tzinfo=UTC), planned=True),
        Span("door", datetime(2026, 11, 1, tzinfo=UTC), None),
    ]
    october = outages.month("console", 2026, 10, spans, since=since, at=AT)
    november = outages.month("console", 2026, 11, spans, since=since, at=AT)
    assert (october.seconds, october.gone, october.planned) == (2 * 86_400, 3_600, 0)
    assert (november.gone, november.planned) == (7_200, 7_200)
    assert november.percent == round(100 * (1 - 4 / 33), 3)
    assert outages.month("door", 2026, 11, spans, since=since, at=AT).percent == 0.0
    assert outages.month("console", 2026, 12, spans, since=since, at=AT).seconds == 0
