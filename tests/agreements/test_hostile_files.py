"""What is no agreement at all is refused at once, with a line, and never ends in anything else."""

import random
import time

import pytest

from mandata.agreements import library
from mandata.agreements.rules.terms import LARGEST, BadTerms, decoded, parse

HOSTILE: list[tuple[str, str, int, str]] = [
    ("huge", "# " + "x" * LARGEST, 1, "at most"),
    ("deep arrays", "[terms]\nx = " + "[" * 60_000, 2, "nested too deeply"),
    ("deep inline tables", "[terms]\nx = " + "{a=" * 40_000, 2, "nested too deeply"),
    ("deep headers", "[terms]\nformat = 1\n[" + ".".join("a" * 20_000) + "]\n", 3, "nested too deeply"),
    ("a byte order mark", "\ufeff[terms]\n", 1, "byte order mark"),
    ("half a character", '[terms]\nname = "\ud800"\n', 1, "half a character"),
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
    begun = time.process_time()
    with pytest.raises(BadTerms) as refused:
        library.checked(text, "mine.toml")
    assert time.process_time() - begun < 2
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
