"""What the people are narrowed to: a list, a state on it, facets; and the SQL that says so."""

from dataclasses import asdict, dataclass
from typing import Any, Final
from uuid import UUID

from mandata.audience.rules.fields import FACETS
from mandata.infra import bulk

FEW: Final = 1_000
"""Up to how many people with rare facets are looked up one by one on a list, instead of going through the list."""

_MONTH: Final = 2

LAST: Final = UUID(int=2**128 - 1)
"""After every person that there is: where pages, newest first, begin."""


@dataclass(frozen=True, slots=True)
class Narrowing:
    """Whom to look at: everybody, or who stands on a list (in a state), with these facets. Empty is not asked.

    `birthday` is a day (``MM-DD``) or a month (``MM``).
    """

    list_id: UUID | None = None
    state: str = ""
    provider: str = ""
    country: str = ""
    language: str = ""
    region: str = ""
    birthday: str = ""
    mail_domain: str = ""

    @property
    def facets(self) -> dict[str, str]:
        """The facets that are asked."""
        return {name: value for name, value in asdict(self).items() if name in FACETS and value}

    @property
    def having(self) -> str:
        """The facets as SQL on a subscriber `s`, beginning with "and"."""
        columns = {name: f"s.{name}" for name in self.facets}
        if len(self.birthday) == _MONTH:
            columns["birthday"] = "left(s.birthday, 2)"
        return "".join(f" and {column} = %({name})s" for name, column in columns.items())

    @property
    def on_list(self) -> str:
        """List and state as SQL on a subscription `b`, beginning with "and"; empty without a list."""
        state = " and b.state = %(state)s" if self.state else ""
        return f" and b.list_id = %(list_id)s{state}" if self.list_id else ""

    @property
    def values(self) -> dict[str, Any]:
        """The values that the SQL names."""
        return asdict(self)

    @property
    def source(self) -> str:
        """A FROM and WHERE over the subscribers `s` that fit, with the further condition to be appended by "and"."""
        if not self.list_id:
            return f"from audience_subscriber s where true{self.having}"
        return (
            "from audience_subscription b join audience_subscriber s"
            " on s.controller_id = b.controller_id and s.id = b.subscriber_id"
            f" where true{self.on_list}{self.having}"
        )

    def count(self, limit: int) -> int:
        """Return how many people fit, counted up to a limit."""
        rows = bulk.execute(
            f"select count(*) from (select 1 {self.source} limit %(limit)s) fit",  # noqa: S608 - our own words
            {**self.values, "limit": limit},
        )
        return int(rows[0][0])

    def few(self) -> list[UUID] | None:
        """Return those with the asked facets where they are few, on a list or not; None where they are many."""
        if not self.facets:
            return None
        rows = bulk.execute(
            f"select s.id from audience_subscriber s where true{self.having} limit %(limit)s",  # noqa: S608 - our own words
            {**self.values, "limit": FEW + 1},
        )
        return [row[0] for row in rows] if len(rows) <= FEW else None
