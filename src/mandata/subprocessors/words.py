"""Countries and transfer mechanisms as a reader calls them: in the words of the agreements."""

from mandata.agreements import selectors as agreements
from mandata.agreements.rules.vocabulary import SHARED


def country(code: str) -> str:
    """Return a country's name in the reader's language; its code where the agreements have no word for it."""
    known = SHARED["country"].get(code.lower())
    return agreements.reader().gettext(known) if known else code


def mechanism(kind: str) -> str:
    """Return what a transfer mechanism is called in the reader's language; its code where nobody knows it."""
    known = SHARED["mechanism"].get(kind)
    return agreements.reader().gettext(known) if known else kind
