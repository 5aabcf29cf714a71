"""Delivery's hot SQL, written and explained in `sql/*.sql`, loaded once by name."""

from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).parent / "sql"


@cache
def statement(name: str, **pieces: str) -> str:
    """Return the text of `sql/<name>.sql` with `{pieces}` put in; pieces are our own words, never from outside."""
    text = (_FOLDER / f"{name}.sql").read_text()
    for piece, words in pieces.items():
        text = text.replace("{" + piece + "}", words)
    return text
