"""What the list of subscribers is narrowed to, sorted by and searched for, as it stands in addresses and in forms."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import cache
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from mandata.audience import selectors
from mandata.audience.rules.fields import FieldType
from mandata.audience.selectors import overview
from mandata.audience.words import words as said
from mandata.console.audience import words

_PAGE = 50
_SECRET = ("q", "part")
"""What names a person, or belongs to it, and so never stands in an address."""
_DOWN = ("-email", "-name", "-birth_date")
"""What is offered downwards, too: of every field it would make a long menu."""
FACETS = ("provider", "country", "language", "region", "mail_domain", "birthday")


@dataclass(frozen=True, slots=True)
class Filters:
    """What the list is narrowed to. `q` never stands in an address: it names a person."""

    list: str = ""
    state: str = ""
    provider: str = ""
    country: str = ""
    language: str = ""
    region: str = ""
    mail_domain: str = ""
    birthday: str = ""
    sort: str = ""
    after: str = ""
    position: str = ""
    q: str = ""
    part: str = ""

    @classmethod
    def read(cls, data: QueryDict) -> "Filters":
        """Read them from a query or a form; what makes no sense is left out."""
        found = cls(**{one.name: data.get(one.name, "").strip()[:200] for one in fields(cls)})
        found = replace(found, list=str(_uuid(found.list) or ""), after=str(_uuid(found.after) or ""))
        if not found.position.isdecimal() or len(found.position) > 9:
            found = replace(found, position="")
        if found.sort and found.sort.removeprefix("-") not in sortable():
            found = replace(found, sort="")
        return found if found.list and found.state in words.STATES else replace(found, state="")

    @property
    def narrowing(self) -> selectors.Narrowing:
        """Return whom they describe."""
        facets = {name: getattr(self, name) for name in FACETS}
        return selectors.Narrowing(list_id=_uuid(self.list), state=self.state, **facets)

    @property
    def narrowed(self) -> bool:
        """Say whether not everybody is shown."""
        return any((self.list, self.q, *(getattr(self, name) for name in FACETS)))

    @property
    def hidden(self) -> Sequence[tuple[str, str]]:
        """Return them for a form that asks for the same people again."""
        return [(name, value) for name, value in self._values.items() if value]

    @property
    def _values(self) -> dict[str, str]:
        return {name: getattr(self, name) for name in self.__slots__}

    def behind(self, found: selectors.Page) -> "Filters":
        """Return them for the page behind one."""
        part = "1" if found.how == "part" else ""
        return replace(self, after=str(found.after or ""), position=str(found.position or ""), part=part)

    def page(self, *, sealed: bool = True) -> selectors.Page:
        """Return the page of subscribers that they describe. Raises TooMany."""
        return selectors.page(
            narrowing=self.narrowing,
            search=self.q,
            part=bool(self.part),
            sort="" if self.q else self.sort,
            language=get_language() or "",
            after=_uuid(self.after),
            position=int(self.position or 0),
            limit=_PAGE,
            sealed=sealed,
        )

    def url(self, route: str = "audience:subscribers", **changed: str) -> str:
        """Return the address of the list with some of them changed; from its first page."""
        values = {**self._values, "after": "", "position": "", **changed}
        kept = {name: value for name, value in values.items() if value and name not in _SECRET}
        return _address(route) + (f"?{urlencode(kept)}" if kept else "")


@cache
def _address(route: str) -> str:
    """Return where a page lies: asked for a hundred times a page, by each choice of each menu."""
    return reverse(route)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None


def sortable() -> dict[str, tuple[str, bool]]:
    """Return by what the list can be sorted: key -> (name, whether it is a text from A to Z)."""
    specs = [spec for spec in selectors.field_specs().values() if spec.sealed]
    letters = (FieldType.TEXT, FieldType.CHOICE)
    names = {"first_name", "last_name"}
    return {
        "email": (said("target.email"), True),
        "name": (_("Surname and first name"), True),
        **{spec.key: (words.field(spec), spec.type in letters) for spec in specs if spec.key not in names},
    }


def menus(filters: Filters, lists: Mapping[UUID, str]) -> list[dict[str, Any]]:
    """The filters as chips: each opens its choices; the chosen one can be taken off."""
    offered = [("list", _("List"), [(str(list_id), name) for list_id, name in lists.items()])]
    if filters.list:
        offered.append(("state", _("State"), [(code, words.state(code)["word"]) for code in words.STATES]))
    known = overview.choices()
    for facet in FACETS:
        values = [(value, words.facet(facet, value)) for value in known[facet]]
        if facet not in ("region", "mail_domain", "birthday", "language") or values or getattr(filters, facet):
            offered.append((facet, str(words.FACETS[facet]), values))
    return [menu for menu in (_menu(filters, *one) for one in offered) if menu["choices"] or menu["chosen"]]


def _menu(filters: Filters, name: str, label: str, choices: list[tuple[str, str]]) -> dict[str, Any]:
    chosen = str(getattr(filters, name))
    off = {"state": ""} if name == "list" else {}
    shown = dict(choices).get(chosen) or (words.facet(name, chosen) if name in FACETS else chosen)
    return {
        "label": label,
        "chosen": shown if chosen else "",
        "off": filters.url(**{name: "", **off}),
        "choices": [
            {"label": text, "url": filters.url(**{name: code, **off}), "current": code == chosen}
            for code, text in choices
        ],
    }


def order(filters: Filters) -> dict[str, Any]:
    """The order as one more menu: newest first, or sorted by what lies sealed, up or down."""
    choices = [("", _("Newest first"))]
    for key, (name, letters) in sortable().items():
        up, down = (_("%(field)s, A to Z"), _("%(field)s, Z to A")) if letters else _upwards()
        choices += [(key, up % {"field": name}), (f"-{key}", down % {"field": name})]
    offered = [(key, text) for key, text in choices if not key.startswith("-") or key in _DOWN or key == filters.sort]
    return {
        "chosen": dict(choices)[filters.sort],
        "choices": [
            {"label": text, "url": filters.url(sort=key), "current": key == filters.sort} for key, text in offered
        ],
    }


def _upwards() -> tuple[str, str]:
    return _("%(field)s, upwards"), _("%(field)s, downwards")
