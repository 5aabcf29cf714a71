"""MJML and HTML in their child process: limits, refusals, and a child that leaves when idle."""

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mandata.campaigns.rules.content import Format
from mandata.delivery.rendering.errors import RenderingRefused
from mandata.delivery.rendering.workshop import Limits, Workshop

SMALL = "<mjml><mj-body><mj-section><mj-column><mj-text>Bread</mj-text></mj-column></mj-section></mj-body></mjml>"
HUGE = (
    "<mjml><mj-body>"
    + "<mj-section><mj-column><mj-text>x</mj-text></mj-column></mj-section>" * 5000
    + "</mj-body></mjml>"
)


@pytest.fixture
def workshop() -> Iterator[Workshop]:
    made = Workshop(idle_seconds=1.0)
    yield made
    made.close()


def child(workshop: Workshop) -> "subprocess.Popen[bytes]":
    assert workshop._child is not None
    return workshop._child


def test_mjml_becomes_html_without_a_remote_font(workshop: Workshop) -> None:
    html, problems = workshop.make(Format.MJML, SMALL.replace("<mj-text>", "<mj-text font-family='Roboto'>"))
    assert "Bread" in html and "@media" in html and "fonts.googleapis" not in html
    assert problems == []


def test_what_mjml_does_not_know_is_told_with_its_line(workshop: Workshop) -> None:
    _, problems = workshop.make(Format.MJML, SMALL.replace("<mj-column>", "<mj-column>\n<mj-nothing/>"))
    assert problems[0]["line"] == 2 and "mj-nothing" in str(problems[0]["message"])


@pytest.mark.parametrize("source", ["", "bread", "<html></html>", "<mjml", "<mjml></mj-body></mjml>"])
def test_what_is_no_mjml_is_refused_in_words_or_is_empty(workshop: Workshop, source: str) -> None:
    try:
        workshop.make(Format.MJML, source)
    except RenderingRefused as refused:
        assert refused.code == "content.mjml"
        assert "webpack" not in refused.message


def test_mjml_that_never_ends_is_stopped_and_the_next_one_works(workshop: Workshop) -> None:
    workshop.make(Format.MJML, SMALL)
    began = time.monotonic()
    with pytest.raises(RenderingRefused, match=r"was not done within 0\.2 seconds") as refused:
        workshop.make(Format.MJML, HUGE, Limits(seconds=0.2))
    assert refused.value.code == "content.time"
    assert time.monotonic() - began < 60, "and never would end"
    assert "Bread" in workshop.make(Format.MJML, SMALL)[0]


def test_mjml_that_eats_memory_is_stopped(workshop: Workshop) -> None:
    with pytest.raises(RenderingRefused, match="more than 24 MiB") as refused:
        workshop.make(Format.MJML, HUGE, Limits(seconds=30, memory=24 * 1024 * 1024))
    assert refused.value.code == "content.memory"
    assert "Bread" in workshop.make(Format.MJML, SMALL)[0]


def test_a_child_that_is_killed_is_replaced(workshop: Workshop) -> None:
    workshop.make(Format.MJML, SMALL)
    child(workshop).kill()
    child(workshop).wait()
    assert "Bread" in workshop.make(Format.MJML, SMALL)[0]


def test_the_child_leaves_when_idle(workshop: Workshop) -> None:
    workshop.make(Format.MJML, SMALL)
    assert child(workshop).wait(timeout=60) == 0
    assert "Bread" in workshop.make(Format.MJML, SMALL)[0]


def test_the_child_can_write_no_file_and_sees_no_secret(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MANDATA_SECRET", "x")
    workshop.make(Format.MJML, SMALL)
    pid = child(workshop).pid
    process = Path(f"/proc/{pid}")
    assert "MANDATA" not in (process / "environ").read_text()
    rows = {line[:26].strip(): line[26:].split() for line in (process / "limits").read_text().splitlines()}
    assert rows["Max file size"][0] == "0"
    assert int(rows["Max data size"][0]) < 2**31
    assert (process / "cwd").readlink() == Path("/")


@pytest.mark.parametrize("source", ["<mj-include path='/etc/passwd' />", "<MJ-INCLUDE path='x' type='css' />"])
def test_includes_are_refused(workshop: Workshop, source: str) -> None:
    with pytest.raises(RenderingRefused) as refused:
        workshop.make(Format.MJML, f"<mjml><mj-body>{source}</mj-body></mjml>")
    assert refused.value.code == "content.include"


def test_styles_that_take_minutes_are_stopped(workshop: Workshop) -> None:
    styles = "".join(f"div{{color:#{number:06d}}}" for number in range(20_000))
    with pytest.raises(RenderingRefused) as refused:
        workshop.make(Format.HTML, f"<style>{styles}</style>" + "<div>x</div>" * 30_000, Limits(seconds=1))
    assert refused.value.code in ("content.time", "content.size")
    assert "Bread" in workshop.make(Format.HTML, "<p>Bread</p>")[0]


def test_nesting_that_fells_the_parser_fells_the_child_only(workshop: Workshop) -> None:
    with pytest.raises(RenderingRefused) as refused:
        workshop.make(Format.HTML, "<table><tr><td>" * 60_000, Limits(seconds=20))
    assert refused.value.code in ("content.crash", "content.time", "content.size")
    assert "Bread" in workshop.make(Format.HTML, "<p>Bread</p>")[0]


def test_html_needs_no_v8(workshop: Workshop) -> None:
    workshop.make(Format.HTML, "<style>p{color:red}</style><p>Bread</p>")
    rollup = Path(f"/proc/{child(workshop).pid}/smaps_rollup").read_text()
    assert int(next(line.split()[1] for line in rollup.splitlines() if line.startswith("Pss:"))) < 60_000
