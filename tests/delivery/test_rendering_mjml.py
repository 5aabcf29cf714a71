"""MJML in its child process: limits, refusals, and a child that leaves when idle."""

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mandata.delivery.rendering.errors import RenderingRefused
from mandata.delivery.rendering.mjml import Limits, Renderer

SMALL = "<mjml><mj-body><mj-section><mj-column><mj-text>Bread</mj-text></mj-column></mj-section></mj-body></mjml>"
HUGE = (
    "<mjml><mj-body>"
    + "<mj-section><mj-column><mj-text>x</mj-text></mj-column></mj-section>" * 5000
    + "</mj-body></mjml>"
)


@pytest.fixture
def renderer() -> Iterator[Renderer]:
    made = Renderer(idle_seconds=1.0)
    yield made
    made.close()


def child(renderer: Renderer) -> "subprocess.Popen[bytes]":
    assert renderer._child is not None
    return renderer._child


def test_mjml_becomes_html_without_a_remote_font(renderer: Renderer) -> None:
    html, problems = renderer.render(SMALL.replace("<mj-text>", "<mj-text font-family='Roboto'>"))
    assert "Bread" in html and "@media" in html and "fonts.googleapis" not in html
    assert problems == []


def test_what_mjml_does_not_know_is_told_with_its_line(renderer: Renderer) -> None:
    _, problems = renderer.render(SMALL.replace("<mj-column>", "<mj-column>\n<mj-nothing/>"))
    assert problems[0]["line"] == 2 and "mj-nothing" in str(problems[0]["message"])


@pytest.mark.parametrize("source", ["", "bread", "<html></html>", "<mjml", "<mjml></mj-body></mjml>"])
def test_what_is_no_mjml_is_refused_in_words_or_is_empty(renderer: Renderer, source: str) -> None:
    try:
        renderer.render(source)
    except RenderingRefused as refused:
        assert refused.code == "content.mjml"
        assert "webpack" not in refused.message


def test_mjml_that_never_ends_is_stopped_and_the_next_one_works(renderer: Renderer) -> None:
    renderer.render(SMALL)
    began = time.monotonic()
    with pytest.raises(RenderingRefused, match=r"did not come to an end within 0\.2 seconds") as refused:
        renderer.render(HUGE, Limits(seconds=0.2))
    assert refused.value.code == "content.mjml_time"
    assert time.monotonic() - began < 3
    assert "Bread" in renderer.render(SMALL)[0]


def test_mjml_that_eats_memory_is_stopped(renderer: Renderer) -> None:
    with pytest.raises(RenderingRefused, match="more than 24 MiB") as refused:
        renderer.render(HUGE, Limits(seconds=30, memory=24 * 1024 * 1024))
    assert refused.value.code == "content.mjml_memory"
    assert "Bread" in renderer.render(SMALL)[0]


def test_a_child_that_is_killed_is_replaced(renderer: Renderer) -> None:
    renderer.render(SMALL)
    child(renderer).kill()
    child(renderer).wait()
    assert "Bread" in renderer.render(SMALL)[0]


def test_the_child_leaves_when_idle(renderer: Renderer) -> None:
    renderer.render(SMALL)
    assert child(renderer).wait(timeout=20) == 0
    assert "Bread" in renderer.render(SMALL)[0]


def test_the_child_can_write_no_file_and_sees_no_secret(renderer: Renderer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MANDATA_SECRET", "x")
    renderer.render(SMALL)
    pid = child(renderer).pid
    process = Path(f"/proc/{pid}")
    assert "MANDATA" not in (process / "environ").read_text()
    rows = {line[:26].strip(): line[26:].split() for line in (process / "limits").read_text().splitlines()}
    assert rows["Max file size"][0] == "0"
    assert int(rows["Max data size"][0]) < 2**31
    assert (process / "cwd").readlink() == Path("/")


@pytest.mark.parametrize("source", ["<mj-include path='/etc/passwd' />", "<MJ-INCLUDE path='x' type='css' />"])
def test_includes_are_refused(renderer: Renderer, source: str) -> None:
    with pytest.raises(RenderingRefused) as refused:
        renderer.render(f"<mjml><mj-body>{source}</mj-body></mjml>")
    assert refused.value.code == "content.include"
