"""An agreement file that cannot be carried out, or is none, is refused whole: with file, line and remedy."""

import json
import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import get_args

import pytest
from typer.testing import CliRunner

from mandata.agreements import library
from mandata.agreements.rules.catalogue import CATALOGUE
from mandata.agreements.rules.duties import Timed
from mandata.agreements.rules.gates.answers import ALIASES, QUESTIONS
from mandata.agreements.rules.spec import ACTS, EXECUTORS
from mandata.agreements.rules.terms import LARGEST, BadTerms, decoded, parse
from mandata.agreements.rules.values import Period
from mandata.agreements.rules.whole import longer
from mandata.cli.main import app

RUN = CliRunner()


def changed(name: str, *pairs: tuple[str, str]) -> str:
    """An agreement that ships, with each first text replaced by the second; each must be there."""
    text = library.source(name)
    for old, new in pairs:
        assert old in text, old
        text = text.replace(old, new, 1)
    return text


def within(name: str, clause: str, old: str, new: str) -> str:
    """An agreement that ships, with a text replaced inside one clause."""
    text = library.source(name)
    at = text.index(f"[{clause}]")
    end = text.find("\n[", at)
    table = text[at:end]
    assert old in table, (clause, old)
    return text[:at] + table.replace(old, new, 1) + text[end:]


def without(name: str, clause: str) -> str:
    text = library.source(name)
    at = text.index(f"[{clause}]")
    return text[:at] + text[text.index("\n[", at) + 1 :]


def added(name: str, table: str) -> str:
    return library.source(name) + "\n" + table


BAD: list[tuple[str, Callable[[], str], str, str, str]] = [
    (
        "an unknown clause",
        lambda: changed("imagicle", ("[end.grace]", "[end.graze]")),
        "[end.graze]",
        "executes a clause end.graze",
        "Did you mean [end.grace]?",
    ),
    (
        "an unknown key in a clause",
        lambda: within("imagicle", "rights.extension", "told =", "tolled ="),
        "tolled =",
        "holds an unknown key tolled",
        "Did you mean told?",
    ),
    (
        "a code that nothing executes",
        lambda: within("icewarp", "audit.own", "independent_auditor", "dependent_auditor"),
        "by = ",
        "which nothing executes",
        "Did you mean independent_auditor?",
    ),
    (
        "a right to object without a notice",
        lambda: without("imagicle", "subprocessor.notice"),
        "[terms]",
        "subprocessor.notice",
        "Add [subprocessor.notice]",
    ),
    (
        "a right to oppose what nobody is told",
        lambda: without("icewarp", "location.change"),
        "[location.opposition]",
        "nobody can oppose what nobody is told",
        "add [location.change]",
    ),
    (
        "an extension shorter than the answer",
        lambda: within("imagicle", "rights.extension", '"3 months"', '"3 weeks"'),
        'total = "3 weeks"',
        "is not longer than the answer (1 month)",
        "state the sum",
    ),
    (
        "an extension as long as what it extends",
        lambda: within("imagicle", "rights.extension", '"3 months"', '"1 month"'),
        'total = "1 month"',
        "is not longer than the answer",
        "state the sum",
    ),
    (
        "an extension told after the answer was due",
        lambda: within("imagicle", "rights.extension", 'told = "1 month"', 'told = "2 months"'),
        'told = "2 months"',
        "after the answer was due",
        "ends with the answer's",
    ),
    (
        "an extension of nothing",
        lambda: without("imagicle", "rights.answer"),
        "[rights.extension]",
        "what is extended is the answer",
        "add [rights.answer]",
    ),
    (
        "an extension from another event",
        lambda: within("imagicle", "rights.extension", "person_request_received", "awareness"),
        'start = "awareness"',
        "begins with another event",
        'start = "person_request_received"',
    ),
    (
        "a further rate without a first",
        lambda: within("acomware", "audit.rates", "first =", "# first ="),
        "[audit.rates]",
        "states no first",
        "Add first = ...",
    ),
    (
        "a rate without a currency",
        lambda: within("acomware", "audit.rates", '"CZK 500"', '"500"'),
        'first = "500"',
        "money is a currency's three letters",
        'money such as "USD 150"',
    ),
    (
        "a rate in no currency",
        lambda: within("acomware", "audit.rates", '"CZK 500"', '"KCS 500"'),
        'first = "KCS 500"',
        "KCS is no currency",
        'money such as "USD 150"',
    ),
    (
        "rates in two currencies",
        lambda: within("acomware", "audit.rates", '"CZK 1500"', '"EUR 1500"'),
        'further = "EUR 1500"',
        "in two currencies, CZK and EUR",
        "in one",
    ),
    (
        "backups gone before access ends",
        lambda: within("imagicle", "end.grace", '"90 days"', '"20 days"'),
        'period = "20 days"',
        "before access ends (30 days)",
        "at least as long",
    ),
    (
        "a right to ask for what is gone",
        lambda: within("imagicle", "end.request", '"90 days"', '"6 months"'),
        'period = "6 months"',
        "after 90 days all is deleted",
        "when the backups do",
    ),
    (
        "a notice later than the duty that it serves",
        lambda: within("imagicle", "breach.notify", '"48 hours"', '"4 days"'),
        'period = "4 days"',
        "later than the controller owes its own",
        "Shorten it",
    ),
    (
        "a breach that the processor need not notify",
        lambda: within("imagicle", "breach.notify", '"processor"', '"controller"'),
        'who = "controller"',
        "wrong party",
        "Article 33(2)",
    ),
    (
        "an audit announced by who is audited",
        lambda: within("imagicle", "audit.notice", '"controller"', '"processor"'),
        'who = "processor"',
        "wrong party",
        'who = "controller"',
    ),
    (
        "upstream controllers of nobody",
        lambda: within("imagicle", "agreement.roles", "customer_controller_or_processor", "customer_controller"),
        "[agreement.upstream]",
        "speaks of controllers behind",
        "customer_controller_or_processor",
    ),
    (
        "a customer that may be a processor, and nothing behind it",
        lambda: without("imagicle", "agreement.upstream"),
        'value = "customer_controller_or_processor"',
        "nothing is said of the controllers behind it",
        "Add [agreement.upstream]",
    ),
    (
        "transfers with safeguards, none named",
        lambda: without("icewarp", "transfer.safeguards"),
        'value = "safeguarded"',
        "none is named",
        "Add [transfer.safeguards]",
    ),
    (
        "two ends to one objection",
        lambda: within("imagicle", "subprocessor.unresolved", "affected_ends", "service_may_end"),
        "[subprocessor.unresolved]",
        "says otherwise",
        "affected_ends",
    ),
    (
        "a plan with nothing for where there is none",
        lambda: without("icewarp", "end.choice"),
        "[end.plan]",
        "where there is no plan",
        "add [end.choice]",
    ),
    (
        "help both paid for and free",
        lambda: added("icewarp", '[assistance.free]\nsource = "x"\nitems = ["rights"]\n'),
        'items = ["rights"]',
        "both paid for and free: rights",
        "one of assistance.paid and assistance.free",
    ),
    (
        "two limits of one liability",
        lambda: added("icewarp", '[liability.cap]\nsource = "x"\nbase = "fees_paid"\nperiod = "6 months"\n'),
        "[liability.main]",
        "two limits",
        "Keep one",
    ),
    (
        "exceptions from no limit",
        lambda: added("imagicle", '[liability.except]\nsource = "x"\nitems = ["wilful"]\n'),
        "[liability.except]",
        "there is none",
        "Add [liability.cap]",
    ),
    (
        "a pause longer than its year",
        lambda: within("ecomail", "fee.pause", '"6 months"', '"2 years"'),
        'longest = "2 years"',
        "in each 1 year, which is shorter",
        "that fits",
    ),
    (
        "calendar years in months",
        lambda: within("icewarp", "audit.own", '"2 years"', '"18 months"'),
        'every = "18 months"',
        "whole calendar years",
        "State it in years",
    ),
    (
        "support for products that nobody listed",
        lambda: without("imagicle", "agreement.products").replace(
            "[agreement.products.scope]", "[agreement.product.scope]"
        ),
        "[agreement.product.scope]",
        "agreement.product",
        "[agreement.products]?",
    ),
    (
        "a product that nobody knows",
        lambda: changed("imagicle", ("virtual_agents = []", "virtual_agent = []")),
        "virtual_agent = []",
        "which nothing executes",
        "Did you mean virtual_agents?",
    ),
    (
        "a category that nobody knows",
        lambda: changed("imagicle", ("call_recording = []", 'call_recording = ["recording"]')),
        'call_recording = ["recording"]',
        "which nothing executes",
        "Did you mean recordings?",
    ),
    (
        "California's rules in Italy",
        lambda: changed("imagicle", ('"eu_1182"', '"ca_gov_6800"')),
        "regime =",
        "'ca_gov_6800' cannot be used",
        "take eu_1182 in the Union",
    ),
    (
        "rules that nobody knows",
        lambda: changed("imagicle", ('"eu_1182"', '"eu_1183"')),
        "regime =",
        "'eu_1183'",
        "eu_1182, plain, ca_gov_6800",
    ),
    (
        "a window without a figure, not marked open",
        lambda: within("imagicle", "subprocessor.objection", 'period = "14 days"\n', ""),
        "[subprocessor.objection]",
        "states no period",
        'mark = "open"',
    ),
    (
        "a period that runs backwards",
        lambda: within("imagicle", "subprocessor.objection", '"14 days"', '"-14 days"'),
        'period = "-14 days"',
        "cannot be used",
        'a period such as "10 working days"',
    ),
    (
        "a time that no clock shows",
        lambda: within("acomware", "engine.maintenance", 'clock = "', 'clock = "9'),
        'clock = "9',
        "is no time of day",
        '"08:30"',
    ),
    (
        "an unclear clause without its other reading",
        lambda: within("imagicle", "rights.verify", 'source = "IMA 9"', 'source = "IMA 9"\nmark = "unclear"'),
        'mark = "unclear"',
        "no note says how else",
        "Keep the other reading",
    ),
    (
        "a name that is a path",
        lambda: changed("imagicle", ('name = "imagicle"', 'name = "../imagicle"')),
        "name =",
        "cannot be used",
        "a to z",
    ),
]


@pytest.mark.parametrize(("text", "at", "says", "helps"), [pytest.param(*case[1:], id=case[0]) for case in BAD])
@pytest.mark.req("AGR-2")
def test_what_nobody_could_carry_out_is_refused_with_file_line_and_remedy(
    text: Callable[[], str], at: str, says: str, helps: str
) -> None:
    content = text()
    with pytest.raises(BadTerms) as refused:
        library.checked(content, "mine.toml")
    error = refused.value
    assert (error.file, str(error).startswith(f"mine.toml:{error.line}: ")) == ("mine.toml", True)
    assert says in error.problem
    assert helps in error.remedy
    assert at in content.split("\n")[error.line - 1], content.split("\n")[error.line - 1]


def test_there_are_more_than_a_dozen_kinds_of_bad_files() -> None:
    assert len({case[0] for case in BAD}) == len(BAD) > 30


HOSTILE: list[tuple[str, str, int, str]] = [
    ("huge", "# " + "x" * LARGEST, 1, "at most"),
    ("deep arrays", "[terms]\nx = " + "[" * 60_000, 2, "nested too deeply"),
    ("deep inline tables", "[terms]\nx = " + "{a=" * 40_000, 2, "nested too deeply"),
    ("deep headers", "[terms]\nformat = 1\n[" + ".".join("a" * 20_000) + "]\n", 3, "nested too deeply"),
    ("a byte order mark", "\ufeff[terms]\n", 1, "byte order mark"),
    ("a NUL", "[terms]\nname = \x00\n", 2, "not TOML"),
    ("a bare CR", "[terms]\rname = 1\n", 1, "not TOML"),
    ("a number of many digits", "[terms]\nformat = " + "9" * 5_000, 2, "not TOML"),
    ("spaces without end", "[" + " " * 100_000 + "\n", 1, "not TOML"),
    ("brackets and spaces", "[a" + " " * 100_000 + "\n", 1, "not TOML"),
    ("the same table twice", library.source("imagicle") + "\n[breach.notify]\n", 0, "twice"),
    ("the same table twice in quotes", library.source("imagicle") + '\n["breach"."notify"]\n', 0, "twice"),
    ("the same key twice", library.source("imagicle").replace("format = 1", "format = 1\nformat = 1"), 0, "not TOML"),
    ("a table over a key", library.source("imagicle") + "\n[terms.name]\n", 0, "not TOML"),
    ("an array of tables", library.source("imagicle") + '\n[[breach]]\nsource = "x"\n', 0, "not TOML"),
    ("a clause that is an array", "[[terms]]\nformat = 1\n", 1, "no [terms] table"),
    ("an empty file", "", 1, "no [terms] table"),
    ("an escaped bell", '[terms]\nformat = 1\nname = "a\\u0007"\n', 3, "control character"),
    ("words turned round", '[terms]\nformat = 1\nname = "a\\u202eb"\n', 3, "control character"),
    ("a quoted key of many lines", '[terms]\nformat = 1\n"a\\nb" = 1\n', 1, "unknown key"),
    ("a date for a text", "[terms]\nformat = 1\nname = 2026-01-01\n", 3, "a date or time"),
    ("not a number", "[terms]\nformat = nan\n", 2, "a number"),
]


@pytest.mark.parametrize(("text", "line", "says"), [pytest.param(*case[1:], id=case[0]) for case in HOSTILE])
def test_what_is_no_agreement_is_refused_at_once(text: str, line: int, says: str) -> None:
    begun = time.perf_counter()
    with pytest.raises(BadTerms) as refused:
        library.checked(text, "mine.toml")
    assert time.perf_counter() - begun < 2
    error = refused.value
    assert says in error.problem
    assert error.remedy
    assert error.line == line or not line
    assert 1 <= error.line <= text.count("\n") + 1
    assert len(str(error)) < 2_000


@pytest.mark.parametrize(
    ("data", "line", "says"),
    [
        (b"\x7fELF\x02\x01\x01\x00\xff\xfe", 1, "not UTF-8"),
        (b'[terms]\nname = "caf\xe9"\n', 2, "not UTF-8"),
        ("[terms]\nname = 1\n".encode("utf-16"), 1, "not UTF-8"),
        (b"\xef\xbb\xbf[terms]\n", 1, "byte order mark"),
        (b"x" * (LARGEST + 1), 1, "at most"),
    ],
)
def test_bytes_that_are_no_text_are_refused(data: bytes, line: int, says: str) -> None:
    with pytest.raises(BadTerms) as refused:
        decoded(data, "mine.toml")
    assert says in refused.value.problem
    assert refused.value.line == line


def test_lines_that_end_as_on_windows_count_as_they_are_shown() -> None:
    text = library.source("imagicle").replace("\n", "\r\n")
    assert parse(text, "mine.toml").clauses == library.load("imagicle").clauses
    broken = text.replace('"14 days"', '"14 dayz"')
    with pytest.raises(BadTerms) as refused:
        parse(broken, "mine.toml")
    assert '"14 dayz"' in broken.split("\r\n")[refused.value.line - 1]


def test_keys_in_quotes_are_the_same_keys_and_have_lines() -> None:
    text = library.source("imagicle").replace("[breach.notify]", "[ \"breach\" . 'notify' ]")
    assert parse(text, "mine.toml").clauses == library.load("imagicle").clauses
    broken = text.replace('period = "48 hours"', '"period" = "48 hourz"')
    with pytest.raises(BadTerms) as refused:
        parse(broken, "mine.toml")
    assert "48 hourz" in broken.split("\n")[refused.value.line - 1]


def test_what_stands_in_a_text_of_many_lines_is_no_table() -> None:
    text = library.source("imagicle").replace(
        'note = "The seed says that the customer is informed, not how; e-mail is ours."',
        'note = """\nA note\n[breach.notify]\nperiod = 1\n"""',
    )
    broken = text.replace('period = "48 hours"', 'period = "48 hourz"')
    with pytest.raises(BadTerms) as refused:
        parse(broken, "mine.toml")
    assert "48 hourz" in broken.split("\n")[refused.value.line - 1]


def test_nothing_of_a_refused_file_is_loaded(tmp_path: Path) -> None:
    before = {name: library.load(name).digest for name in library.names()}
    file = tmp_path / "mine.toml"
    file.write_text(within("imagicle", "end.grace", '"90 days"', '"20 days"'), encoding="utf-8")
    for command in (
        ["duties", "--file", str(file), "--json"],
        ["due", "--file", str(file), "--duty", "breach.notify", "--since", "2026-03-27T22:30:00+01:00", "--json"],
        ["agreement", "show", str(file)],
    ):
        ran = RUN.invoke(app, command)
        assert ran.exit_code == 1, command
        assert ran.stdout == ""
        assert f"{file}:" in ran.stderr
        assert "at least as long" in ran.stderr
    assert {name: library.load(name).digest for name in library.names()} == before


def test_a_bad_file_is_named_by_the_command_that_checks(tmp_path: Path) -> None:
    bad, good, binary = tmp_path / "bad.toml", tmp_path / "good.toml", tmp_path / "binary.toml"
    bad.write_text(within("imagicle", "rights.extension", "told =", "tolled ="), encoding="utf-8")
    good.write_text(library.source("imagicle"), encoding="utf-8")
    binary.write_bytes(b"\x00\xff" * 1000)
    ran = RUN.invoke(app, ["agreement", "check", str(bad), str(good), str(binary), "--json"])
    assert ran.exit_code == 1
    answers = [json.loads(line) for line in ran.stdout.splitlines()]
    assert [answer["holds"] for answer in answers] == [False, True, False]
    assert answers[0]["remedy"] == "Did you mean told?"
    assert "tolled" in bad.read_text(encoding="utf-8").split("\n")[answers[0]["line"] - 1]


VALUES = (
    '""',
    "-1",
    "true",
    "[]",
    '["x"]',
    "{}",
    "{ a = 1 }",
    "2026-01-01",
    "0.5",
    '"1 month"',
    '"open"',
    "[[]]",
    "[1]",
)


def mangled(lines: list[str], stock: list[str], dice: random.Random) -> None:
    """One change such as a hand, an editor or an enemy makes."""
    at = dice.randrange(len(lines))
    match dice.randrange(5):
        case 0:
            del lines[at]
        case 1:
            lines.insert(at, dice.choice(stock))
        case 2:
            lines[at] = f"{lines[at].split('=')[0]}= {dice.choice(VALUES)}"
        case 3:
            lines[at] = (
                lines[at][:3] + chr(dice.choice((0, 9, 13, 34, 39, 61, 91, 93, 123, 0x202E, 0x1F600))) + lines[at][3:]
            )
        case _:
            start = dice.randrange(len(lines))
            lines[at:at] = lines[start : start + dice.randrange(1, 8)]


def test_a_mangled_file_is_read_whole_or_refused_and_never_anything_else() -> None:
    dice = random.Random(1182)
    stock = [line for name in library.names() for line in library.source(name).split("\n") if "=" in line]
    for _ in range(200):
        lines = library.source(dice.choice(library.names())).split("\n")
        for _ in range(dice.randrange(1, 4)):
            mangled(lines, stock, dice)
        text = "\n".join(lines)
        try:
            terms = parse(text, "mine.toml")
        except BadTerms as bad:
            assert 1 <= bad.line <= len(lines)
            assert bad.problem
            assert bad.remedy
        else:
            assert terms.head.name
            assert all(clause.source for clause in terms.clauses.values())


def test_every_clause_has_executors_and_all_of_them_exist() -> None:
    for key, spec in CATALOGUE.items():
        assert spec.by, key
        assert set(spec.by) <= EXECUTORS, key


def test_the_gates_that_clauses_name_are_the_questions_that_can_be_put() -> None:
    assert set(QUESTIONS) | set(ALIASES) == ACTS
    for target in ALIASES.values():
        assert target in QUESTIONS


def test_every_clause_that_time_executes_holds_a_period() -> None:
    timed = set(get_args(Timed))
    for key, spec in CATALOGUE.items():
        assert ("due" in spec.by) <= (spec.kind in timed), key


def test_every_agreement_that_ships_can_be_carried_out() -> None:
    for name in library.names():
        assert library.checked(library.source(name), f"{name}.toml").name == name


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("1 month", "30 days", False),
        ("30 days", "1 month", False),
        ("32 days", "1 month", True),
        ("3 months", "1 month", True),
        ("1 year", "12 months", False),
        ("73 hours", "3 days", True),
        ("72 hours", "3 days", False),
        ("10 working days", "1 month", False),
        ("2 weeks", "13 days", True),
    ],
)
def test_a_period_is_longer_only_if_it_is_so_in_every_calendar(one: str, other: str, expected: bool) -> None:
    assert longer(Period.parse(one), Period.parse(other)) is expected
