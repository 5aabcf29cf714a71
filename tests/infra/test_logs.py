"""Logs carry ids, counts and codes; addresses and secrets are cut before a line is written."""

import json
import logging
from uuid import UUID

import pytest

from mandata.infra import logs


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        ({"event": "refused novak@bakery.example at the door"}, {"event": "refused …@… at the door"}),
        ({"email": "novak@bakery.example"}, {"email": "…"}),
        ({"password": "correct horse"}, {"password": "…"}),
        ({"event": f"Gone: /rights/answer/{'aB3_-' * 9}/"}, {"event": "Gone: /rights/answer/…/"}),
        ({"event": f"Too Many: /calendar/{'aB3_-' * 9}.ics"}, {"event": "Too Many: /calendar/….ics"}),
        ({"event": f"Gone: /campaigns/{UUID(int=7)}/"}, {"event": f"Gone: /campaigns/{UUID(int=7)}/"}),
        (
            {"exception": "IntegrityError: null\nDETAIL:  Failing row contains (1, Jan Novák\nNovák).\n\nThe above"},
            {"exception": "IntegrityError: null\nDETAIL: …\n\nThe above"},
        ),
        ({"count": 3, "code": 550}, {"count": 3, "code": 550}),
        ({"event": "<Jan.Novák+x@bäckerei.example>, next"}, {"event": "<…@…>, next"}),
        ({"event": "to=novak%40bakery.example ok"}, {"event": "…@… ok"}),
        ({"event": "said: novak=40bakery.example, no"}, {"event": "said: …@…, no"}),
        ({"event": "novak&#64;bakery.example"}, {"event": "…@…"}),
    ],
)
def test_addresses_and_named_secrets_are_cut(event: dict[str, object], expected: dict[str, object]) -> None:
    assert logs.cut(None, "info", event) == expected


def test_the_standard_librarys_logging_goes_the_same_way(capsys: pytest.CaptureFixture[str]) -> None:
    before = logging.root.handlers[:], logging.root.level
    try:
        logs.configure("warning")
        logging.getLogger("library").warning("could not reach %s", "novak@bakery.example")
        line = json.loads(capsys.readouterr().err.splitlines()[-1])
    finally:
        logging.root.handlers[:], logging.root.level = before
    assert line["event"] == "could not reach …@…"
    assert line["level"] == "warning"


def test_what_a_library_tells_of_its_inside_is_logged_at_no_level(capsys: pytest.CaptureFixture[str]) -> None:
    before = logging.root.handlers[:], logging.root.level
    try:
        logs.configure("debug")
        logging.getLogger("library").debug("DATA readline: %r", b"To: Jan Nov\xc3\xa1k")
        logging.getLogger("library").info("taken")
        told = capsys.readouterr().err
    finally:
        logging.root.handlers[:], logging.root.level = before
    assert "DATA" not in told
    assert "taken" in told
