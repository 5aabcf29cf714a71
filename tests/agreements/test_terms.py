"""Agreements are read whole or refused with file, line and remedy."""

from collections.abc import Callable

import pytest

from mandata.agreements import library
from mandata.agreements.rules.catalogue import CATALOGUE
from mandata.agreements.rules.terms import BadTerms, Mark, parse
from mandata.agreements.rules.values import Period, Share, Unit, Within

ECOMAIL = library.source("ecomail")


def replaced(old: str, new: str) -> str:
    assert ECOMAIL.count(old) == 1, old
    return ECOMAIL.replace(old, new)


def without(table: str) -> str:
    start = ECOMAIL.index(f"[{table}]")
    return ECOMAIL[:start] + ECOMAIL[ECOMAIL.index("\n[", start) + 1 :]


def test_every_agreement_of_the_library_is_read() -> None:
    assert {"ecomail", "gdpr-art28", "icewarp", "imagicle"} <= set(library.names())
    for name in library.names():
        terms = library.load(name)
        assert terms.name == name
        assert all(clause.source for clause in terms.clauses.values())


@pytest.mark.req("AGR-2")
def test_a_clause_is_typed_and_names_its_source() -> None:
    clause = library.load("ecomail").clause("breach.notify")
    assert clause.value == Within(who="either", start="awareness", period=Period(48, Unit.HOURS))
    assert clause.source == "ECO-A 2.3, 3.3.6"
    assert clause.mark is Mark.SEED


def test_clauses_come_in_the_order_of_the_text() -> None:
    keys = list(library.load("ecomail").clauses)
    assert keys == [key for key in CATALOGUE if key in set(keys)]


def test_every_clause_of_the_catalogue_has_an_executor_and_a_vocabulary_where_it_needs_one() -> None:
    for key, spec in CATALOGUE.items():
        assert spec.by, key
        if spec.kind.__name__ in {"Choice", "Listing"}:
            assert spec.vocabulary, key


def test_the_digest_names_the_exact_text() -> None:
    assert parse(ECOMAIL, "a.toml").digest != parse(ECOMAIL + "\n", "a.toml").digest


BAD: list[tuple[str, Callable[[], str], str, str]] = [
    ("no TOML", lambda: replaced('zone = "Europe/Prague"', "zone = Europe"), "zone =", "This is not TOML"),
    ("no head", lambda: without("terms"), "", "There is no [terms] table"),
    ("another format", lambda: replaced("format = 1", "format = 2"), "format =", "reads format = 1"),
    ("an unknown key in the head", lambda: replaced("calendar =", "calender ="), "calender", "Did you mean calendar?"),
    (
        "an unknown clause",
        lambda: replaced("[breach.notify]", "[breach.notifi]"),
        "[breach.notifi]",
        "[breach.notify]?",
    ),
    ("an unknown key", lambda: replaced("minimum = 16", "minimun = 16"), "minimun", "Did you mean minimum?"),
    ("a wrong type", lambda: replaced("minimum = 16", 'minimum = "16"'), "minimum", "Write a whole number."),
    ("true for a number", lambda: replaced("minimum = 16", "minimum = true"), "minimum", "Write a whole number."),
    ("a number below one", lambda: replaced("minimum = 16", "minimum = 0"), "minimum", "from 1 up"),
    (
        "no period",
        lambda: replaced('period = "48 hours"', 'period = "2 fortnights"'),
        'period = "2 f',
        "10 working days",
    ),
    (
        "a period of none",
        lambda: replaced('period = "48 hours"', 'period = "0 hours"'),
        'period = "0 h',
        "cannot be used",
    ),
    ("no share", lambda: replaced('share = "0.05 %"', 'share = "0 %"'), 'share = "0 %"', "above 0 and at most 100"),
    (
        "an unknown code",
        lambda: replaced('start = "awareness"', 'start = "awarenes"'),
        'start = "awarenes"',
        "awareness?",
    ),
    ("a code twice", lambda: replaced('"service"]', '"service", "service"]'), "service", "names 'service' twice"),
    ("an empty list", lambda: replaced('items = ["service"]', "items = []"), "items = []", "at least one"),
    ("no source", lambda: replaced('source = "ECO 1.4"\n', ""), "[question.age]", "has no source"),
    (
        "an unknown mark",
        lambda: replaced('source = "ECO 1.4"', 'mark = "mine"\nsource = "ECO 1.4"'),
        "mine",
        "Leave mark out",
    ),
    (
        "open, yet stated",
        lambda: replaced('source = "ECO-A 2.2"', 'mark = "open"\nsource = "ECO-A 2.2"'),
        'mark = "open"\nsource = "ECO-A 2.2"',
        "is open, yet it states a period",
    ),
    ("neither stated nor open", lambda: replaced('period = "48 hours"\n', ""), "[breach.notify]", "states no period"),
    (
        "a figure and a target",
        lambda: replaced('period = "48 hours"', 'period = "48 hours"\ntarget = "24 hours"'),
        'target = "24',
        "A target belongs to an open clause only",
    ),
    (
        "a clause that cannot be open",
        lambda: replaced('period = "3 months"\n\n[end.backup]', 'mark = "open"\n\n[end.backup]'),
        "[end.return]",
        "cannot be left open",
    ),
    (
        "a question at odds",
        lambda: replaced('advise = "yes"', 'advise = "yes"\nrefuse = "yes"'),
        "advise",
        "both refuses and advises",
    ),
    ("a clause that every agreement needs", lambda: without("breach.notify"), "[terms]", "Add [breach.notify]"),
    ("half of a pair", lambda: without("end.silence"), "[end.reminder]", "State both, or neither"),
    ("an act without what it needs", lambda: replaced('"import", "send"', '"send"'), '"send"', 'Add "import"'),
    (
        "the wrong party",
        lambda: replaced('effect = "engagement"', 'effect = "engagement" # x').replace(
            'who = "processor"\neffect = "engagement"', 'who = "controller"\neffect = "engagement"'
        ),
        'who = "controller"\neffect = "engagement"',
        "the wrong party acts",
    ),
    (
        "a title in one language",
        lambda: replaced(', cs = "Podmínky e-mailingové služby se zpracovatelskou smlouvou"', ""),
        "title =",
        "each of its languages",
    ),
    ("a zone that is none", lambda: replaced("Europe/Prague", "Europe/Praha"), "zone =", "no time zone Europe/Praha"),
    ("a text outside any clause", lambda: 'stray = "x"\n' + ECOMAIL, "stray", "stands outside any clause"),
    ("the same clause twice", lambda: ECOMAIL + '\n[breach.notify]\nsource = "x"\n', "", "twice"),
]


@pytest.mark.parametrize(("text", "at", "says"), [pytest.param(*case[1:], id=case[0]) for case in BAD])
def test_a_bad_agreement_is_refused_with_file_line_and_remedy(text: Callable[[], str], at: str, says: str) -> None:
    content = text()
    with pytest.raises(BadTerms) as refused:
        library.checked(content, "mine.toml")
    error = refused.value
    assert error.file == "mine.toml"
    assert says in str(error)
    assert error.remedy
    assert str(error).startswith(f"mine.toml:{error.line}: ")
    if at:
        assert at in "\n".join(content.splitlines()[error.line - 1 : error.line + 1])


def test_a_share_is_exceeded_only_by_more() -> None:
    share = Share.parse("0.05 %")
    assert not share.exceeded_by(5, 10_000)
    assert share.exceeded_by(6, 10_000)
    assert not share.exceeded_by(0, 0)


@pytest.mark.parametrize(
    "text", ["", "48", "hours", "1.5 days", "-1 day", "48 Hours", "٤٨ hours", "100000 days", "1  day"]
)
def test_what_is_no_period_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="a period is"):
        Period.parse(text)


@pytest.mark.parametrize("text", ["48 hours", "1 month", "10 working days", "2 years", "1 working day", "3 weeks"])
def test_a_period_is_written_as_it_is_read(text: str) -> None:
    assert str(Period.parse(text)) == text
