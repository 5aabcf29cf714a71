"""The agreements on offer: those that ship with the software, and the operator's own, which go before them.

Needs no scope. An operator's own agreement is kept in every version; the newest of a name is offered.
"""

from mandata.agreements import library
from mandata.agreements.models import Template
from mandata.agreements.rules.terms import Terms


def names() -> tuple[str, ...]:
    """The names of all agreements on offer, in alphabetical order."""
    own = Template.objects.values_list("name", flat=True).distinct()
    return tuple(sorted({*library.names(), *own}))


def own() -> tuple[str, ...]:
    """The names of the operator's own."""
    return tuple(sorted(Template.objects.values_list("name", flat=True).distinct()))


def source(name: str) -> str:
    """The exact TOML text of an agreement on offer. Raises Fault for a name that nobody knows."""
    found = Template.objects.filter(name=name).order_by("-at", "-id").values_list("terms", flat=True).first()
    return library.source(name) if found is None else str(found)


def load(name: str) -> Terms:
    """An agreement on offer, read and checked. Raises Fault for an unknown name, BadTerms for a file that is broken."""
    return library.checked(source(name), f"{name}.toml")
