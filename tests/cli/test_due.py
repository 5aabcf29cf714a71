"""`mandata due` and `mandata duties`: keys, instants, batches, exit codes, words."""

import json
import os
import subprocess
import sys
import tracemalloc
from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from mandata.agreements import library
from mandata.agreements.language import words
from mandata.cli import batch
from mandata.cli.main import app

SINCE = "2026-03-27T22:30:00+01:00"
KEYS = ["duty", "clause", "source", "since", "regime", "calendar", "zone", "strict", "statutory", "explanation"]
BREACH = {"agreement": "imagicle", "duty": "breach.notify", "since": SINCE}
MONTHS = {"period": "3 months", "regime": "eu_1182", "calendar": "CZ", "zone": "Europe/Prague", "since": SINCE}


def run(*arguments: str, stdin: str | bytes = "") -> Any:
    return CliRunner().invoke(app, arguments, input=stdin)


def told(*arguments: str, stdin: str | bytes = "") -> list[dict[str, Any]]:
    return [json.loads(line) for line in run(*arguments, stdin=stdin).stdout.splitlines()]


def lines(questions: Sequence[object]) -> str:
    return "".join(f"{one if isinstance(one, str) else json.dumps(one)}\n" for one in questions)


def asked(agreement: str, duty: str, since: str = SINCE) -> tuple[str, ...]:
    return "due", "--agreement", agreement, "--duty", duty, "--since", since


@pytest.mark.req("BRE-1")
def test_the_example_of_the_specification_is_answered_with_exactly_its_keys() -> None:
    done = run(*asked("imagicle", "breach.notify"), "--json")
    answer = json.loads(done.stdout)
    assert done.exit_code == 0
    assert list(answer) == KEYS
    assert answer.pop("explanation").startswith("Counted by Regulation (EEC, Euratom) No 1182/71")
    assert answer == {
        "duty": "breach.notify",
        "clause": "breach.notify",
        "source": "IMA 3(f)",
        "since": "2026-03-27T21:30:00Z",
        "regime": "eu_1182",
        "calendar": "IT",
        "zone": "Europe/Rome",
        "strict": "2026-03-29T21:30:00Z",
        "statutory": "2026-03-29T22:00:00Z",
    }


def test_people_are_told_in_their_zone_and_language() -> None:
    shown = run(*asked("imagicle", "breach.notify")).stdout
    assert "2026-03-30 00:00:00 CEST in Europe/Rome" in shown
    czech = run(*asked("imagicle", "breach.notify"), "--language", "cs").stdout
    assert "Počítáno podle nařízení" in czech
    assert "neděle 29. března 2026, 23:30" in czech


def test_a_notice_is_counted_back_from_its_effect() -> None:
    effect = ("--effect", "2026-06-01T00:00:00+02:00")
    (answer,) = told("due", "--agreement", "imagicle", "--duty", "subprocessor.notice", *effect, "--json")
    assert (answer["strict"], answer["statutory"]) == ("2026-05-01T22:00:00Z", "2026-05-02T22:00:00Z")
    assert "effect" in run("due", "--agreement", "imagicle", "--duty", "subprocessor.notice", *effect).stdout


def test_a_file_of_ones_own_counts_like_one_that_ships(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(library.source("ecomail").replace('period = "48 hours"', 'period = "36 hours"'), encoding="utf-8")
    (answer,) = told("due", "--file", str(file), "--duty", "breach.notify", "--since", SINCE, "--json")
    assert answer["strict"] == "2026-03-29T09:30:00Z"
    (listed,) = [one for one in told("duties", "--file", str(file), "--json") if one["duty"] == "breach.notify"]
    assert listed["period"] == "36 hours"


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (asked("imagicl", "breach.notify"), 1, "Did you mean imagicle"),
        (asked("nothing-like-it", "breach.notify"), 1, "There are acomware"),
        (asked("imagicle", "breach.notif"), 1, "breach.notify"),
        (asked("imagicle", "agreement.roles"), 1, "holds no period"),
        (asked("imagicle", "breach.notify", "2026-03-27T22:30:00"), 1, "names no offset"),
        (asked("imagicle", "breach.notify", "2026-03-27"), 1, "names no offset"),
        (asked("imagicle", "breach.notify", "yesterday"), 1, "is no instant"),
        (asked("imagicle", "breach.notify", "2026-02-30T00:00:00Z"), 1, "is no instant"),
        (asked("imagicle", "breach.notify", "9999-12-31T00:00:00Z"), 1, "outside the years"),
        (asked("imagicle", "breach.notify", "0001-01-01T00:00:00+14:00"), 1, "outside the years"),
        (("due", "--agreement", "imagicle", "--duty", "breach.notify"), 2, "--since and --effect"),
        ((*asked("imagicle", "breach.notify"), "--effect", SINCE), 2, "--since and --effect"),
        ((*asked("imagicle", "breach.notify"), "--batch", "-"), 2, "no other option"),
        ((*asked("imagicle", "breach.notify"), "--language", "fr"), 2, "en and cs"),
        (("due", "--duty", "breach.notify", "--since", SINCE), 1, "Name one agreement"),
        ((*asked("imagicle", "breach.notify"), "--file", "x.toml"), 1, "Name one agreement"),
        (("due", "--file", "not-there.toml", "--duty", "breach.notify", "--since", SINCE), 1, "cannot be read"),
        (("due", "--batch", "not-there.jsonl"), 1, "cannot be read"),
        (("duties", "--agreement", "ecomial"), 1, "Did you mean ecomail"),
    ],
)
def test_what_cannot_be_answered_is_told_with_its_remedy(arguments: Sequence[str], code: int, said: str) -> None:
    done = run(*arguments)
    assert done.exit_code == code
    assert said in " ".join(done.output.replace("│", " ").split())


def test_a_file_with_a_mistake_is_told_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(library.source("ecomail").replace("48 hours", "48 hors"), encoding="utf-8")
    done = run("duties", "--file", str(file))
    assert done.exit_code == 1
    assert f"{file}:" in done.output
    assert "10 working days" in done.output
    file.write_bytes(b"\xff\xfe")
    assert "not UTF-8" in run("duties", "--file", str(file)).output


def test_duties_are_listed_with_period_target_and_source() -> None:
    listed = {one["duty"]: one for one in told("duties", "--agreement", "icewarp", "--json")}
    breach = listed["breach.notify"]
    assert (breach["period"], breach["target"], breach["mark"], breach["source"]) == (
        None,
        "24 hours",
        "open",
        "ICE IX.3",
    )
    assert (breach["who"], breach["start"], breach["kind"]) == ("processor", "belief", "within")
    assert listed["subprocessor.notice"]["effect"] == "engagement"
    assert listed["subprocessor.notice"]["period"] == "1 month"
    assert all(one["source"] and one["title"] for one in listed.values())
    assert "open, target 24 hours" in run("duties", "--agreement", "icewarp").stdout


def test_without_an_agreement_the_library_is_listed() -> None:
    assert [one["agreement"] for one in told("duties", "--json")] == list(library.names())
    assert all(name in run("duties").stdout for name in library.names())


def test_a_batch_answers_both_forms_a_line_each() -> None:
    done = run("due", "--batch", "-", stdin=lines([BREACH, MONTHS]))
    first, second = map(json.loads, done.stdout.splitlines())
    assert done.exit_code == 0
    assert first == told(*asked("imagicle", "breach.notify"), "--json")[0]
    assert second.pop("explanation")
    assert second == {
        "period": "3 months",
        "since": "2026-03-27T21:30:00Z",
        "regime": "eu_1182",
        "calendar": "CZ",
        "zone": "Europe/Prague",
        "strict": "2026-06-27T22:00:00Z",
        "statutory": "2026-06-29T22:00:00Z",
    }


BAD: list[tuple[object, str]] = [
    ("", "empty"),
    ("   ", "empty"),
    ("{", "no JSON"),
    ("null", "no JSON object"),
    ("[]", "no JSON object"),
    ({}, "missing"),
    ({**BREACH, "id": "7"}, "unknown: id"),
    ({**BREACH, "duty": 7}, "duty is no text"),
    ({**BREACH, "duty": "breach.notif"}, "no duty breach.notif"),
    ({**BREACH, "agreement": "../ecomail"}, "no agreement ../ecomail"),
    ({**BREACH, "since": "2026-03-27T22:30:00"}, "names no offset"),
    ({**BREACH, "since": ""}, "no instant"),
    ({**BREACH, "since": "9999-12-31T23:59:59-12:00"}, "outside the years"),
    ({**MONTHS, "period": "-3 months"}, "no period"),
    ({**MONTHS, "period": "3 moons"}, "no period"),
    ({**MONTHS, "period": "99999 years"}, "outside the years"),
    ({**MONTHS, "regime": "eu_1181"}, "no regime eu_1181"),
    ({**MONTHS, "calendar": "FR"}, "no calendar FR"),
    ({**MONTHS, "zone": "Mars/Olympus"}, "no time zone Mars/Olympus"),
    ({**MONTHS, "zone": "localtime"}, "no time zone"),
    ({**BREACH, "agreement": "x" * 70_000}, "longer than"),
    ('{"agreement": "imagicle", "duty": "\\ud800", "since": "2026-03-27T22:30:00Z"}', "no JSON"),
]


@pytest.mark.parametrize(("question", "said"), BAD)
def test_a_line_that_cannot_be_answered_says_so_in_its_place(question: object, said: str) -> None:
    done = run("due", "--batch", "-", stdin=lines([BREACH, question, MONTHS]))
    first, bad, last = map(json.loads, done.stdout.splitlines())
    assert done.exit_code == 1
    assert list(first) == KEYS
    assert "error" not in last
    assert bad["line"] == 2
    assert said in bad["error"]
    assert bad["remedy"]
    assert len(bad["error"]) < 300
    assert "1 of 3 lines" in done.stderr


def test_bytes_that_are_no_text_are_a_bad_line_and_no_end() -> None:
    done = run("due", "--batch", "-", stdin=b"\xff\xfe\x00\n" + lines([BREACH]).encode())
    bad, good = map(json.loads, done.stdout.splitlines())
    assert "no JSON" in bad["error"]
    assert list(good) == KEYS


def test_the_last_line_needs_no_end_and_nothing_is_answered_with_nothing() -> None:
    assert len(told("due", "--batch", "-", stdin=json.dumps(BREACH))) == 1
    done = run("due", "--batch", "-", stdin="")
    assert (done.exit_code, done.stdout) == (0, "")


def test_a_batch_can_be_a_file_of_any_editor(tmp_path: Path) -> None:
    file = tmp_path / "questions.jsonl"
    file.write_bytes(b"\xef\xbb\xbf" + lines([BREACH] * 3).replace("\n", "\r\n").encode())
    done = run("due", "--batch", str(file))
    assert (done.exit_code, len(done.stdout.splitlines())) == (0, 3)


def test_who_reads_no_further_ends_the_batch_without_a_trace(tmp_path: Path) -> None:
    file = tmp_path / "questions.jsonl"
    file.write_text(lines([BREACH] * 5000))
    command = f"{sys.executable} -m mandata.cli due --batch {file} | head -n 1"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True)
    assert list(json.loads(done.stdout)) == KEYS
    assert done.stderr == ""


class Flood:
    """Endless-looking input: the same lines again and again, in chunks that end anywhere."""

    def __init__(self, count: int) -> None:
        self.left = count
        self.block = lines([BREACH, MONTHS]).encode() * 100

    def read1(self, _size: int) -> bytes:
        self.left -= 1
        return self.block if self.left >= 0 else b""


def test_memory_stays_flat_however_long_the_batch_is() -> None:
    class Nowhere(BytesIO):
        def write(self, data: Any) -> int:
            return len(data)

    batch._answer(Flood(5), Nowhere(), words("en"))  # type: ignore[arg-type]
    tracemalloc.start()
    try:
        batch._answer(Flood(10), Nowhere(), words("en"))  # type: ignore[arg-type]
        tracemalloc.reset_peak()
        before, _peak = tracemalloc.get_traced_memory()
        batch._answer(Flood(40), Nowhere(), words("en"))  # type: ignore[arg-type]
        after, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < 100_000
    assert peak - before < 2_000_000


@pytest.fixture
def asking() -> Iterator["subprocess.Popen[str]"]:
    with subprocess.Popen(
        [sys.executable, "-m", "mandata.cli", "due", "--batch", "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        bufsize=1,
    ) as process:
        yield process
        process.kill()


def test_a_program_can_ask_and_wait_for_each_answer(asking: "subprocess.Popen[str]") -> None:
    assert asking.stdin
    assert asking.stdout
    for _ in range(3):
        asking.stdin.write(lines([BREACH]))
        asking.stdin.flush()
        assert list(json.loads(asking.stdout.readline())) == KEYS
    asking.stdin.close()
    assert asking.wait(timeout=60) == 0


def test_neither_django_nor_a_database_is_loaded() -> None:
    script = (
        "import sys\nfrom typer.testing import CliRunner\nfrom mandata.cli.main import app\n"
        f"assert CliRunner().invoke(app, {list(asked('imagicle', 'breach.notify'))}).exit_code == 0\n"
        "assert CliRunner().invoke(app, ['due', '--batch', '-'], input='').exit_code == 0\n"
        "assert CliRunner().invoke(app, ['duties']).exit_code == 0\n"
        "print([name for name in ('django', 'psycopg', 'procrastinate', 'granian', 'typst') if name in sys.modules])"
    )
    environment = {**os.environ, "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"}
    shown = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, env=environment)
    assert shown.stdout.strip() == "[]"


def test_each_duty_is_listed_with_its_sentence_of_the_agreement() -> None:
    ran = CliRunner().invoke(app, ["duties", "--agreement", "icewarp", "--json"])
    said = {one["duty"]: one["says"] for one in map(json.loads, ran.stdout.splitlines())}
    assert "an independent auditor whom it chooses" in said["audit.own"]
    assert "by publication" in said["subprocessor.notice"]
    assert all(said.values())
