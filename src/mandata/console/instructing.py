"""Instructions as both consoles show them."""

from typing import Any

from django.utils.translation import gettext_lazy

from mandata.agreements import selectors as agreements
from mandata.agreements.rules.catalogue import CATALOGUE
from mandata.agreements.rules.vocabulary import SHARED
from mandata.agreements.selectors import instructions

KINDS = {
    "standing": gettext_lazy("standing, by the agreement"),
    "written": gettext_lazy("written"),
    "law": gettext_lazy("demanded by law"),
}
STATES = {
    "given": (gettext_lazy("waits for assent"), "warn"),
    "questioned": (gettext_lazy("questioned"), "warn"),
    "in_force": (gettext_lazy("in force"), "good"),
    "refused": (gettext_lazy("refused"), "bad"),
    "done": (gettext_lazy("carried out"), "good"),
    "withdrawn": (gettext_lazy("withdrawn"), "calm"),
}
_FURTHER = {
    "profile": gettext_lazy("evaluate persons individually"),
    "disclose": gettext_lazy("hand data to another recipient"),
    "transfer": gettext_lazy("move data to another country"),
    "access": gettext_lazy("let staff look at the data"),
    "combine": gettext_lazy("combine data with other data"),
}


def acts() -> list[tuple[str, str]]:
    """Every act that can be instructed, in words."""
    said = agreements.reader()
    return [(code, said.gettext(words)) for code, words in SHARED["act"].items()] + [
        (code, str(words)) for code, words in _FURTHER.items()
    ]


def purposes(terms: Any) -> list[tuple[str, str]]:
    """The agreement's closed list of purposes, in words."""
    said, words = agreements.reader(), CATALOGUE["processing.purposes"].vocabulary
    return [(code, said.gettext(words[code])) for code in terms.items("processing.purposes") if code in words]


def row(one: instructions.Given) -> dict[str, Any]:
    """An instruction as a line of a list."""
    label, tone = STATES[one.state]
    if one.state == "in_force" and one.ended_at is not None:
        label, tone = gettext_lazy("ended"), "calm"
    words = dict(acts())
    return {
        "one": one,
        "kind": KINDS[one.kind],
        "state": label,
        "tone": tone,
        "acts": [words.get(act, act) for act in one.acts],
    }
