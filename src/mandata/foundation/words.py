"""Words without a language: the mark for texts to translate, and the port through which a language comes in.

Rules are pure, so they hold message ids in plain English; whoever shows them passes a ``Words``.
"""

from collections.abc import Mapping
from typing import Protocol


def mark(message: str) -> str:
    """Returns the message unchanged; imported as ``_`` so that the extraction of messages finds it."""
    return message


class Words(Protocol):
    """What translates: the signatures of gettext and ngettext."""

    def gettext(self, message: str, /) -> str: ...

    def ngettext(self, one: str, many: str, number: int, /) -> str: ...

    def __hash__(self) -> int: ...


class English:
    """The message ids themselves."""

    def gettext(self, message: str, /) -> str:
        return message

    def ngettext(self, one: str, many: str, number: int, /) -> str:
        return one if number == 1 else many


ENGLISH: Words = English()


def fill(template: str, values: Mapping[str, str]) -> str:
    """The template with its ``{names}`` filled; never evaluates attributes or indices of a value, because values are
    text only.
    """
    return template.format_map(dict(values))
