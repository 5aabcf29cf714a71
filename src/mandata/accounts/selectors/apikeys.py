"""The controller's keys of the API (its scope)."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from mandata.accounts.models import ApiKey, Member, User
from mandata.accounts.rules import apikeys as rules


@dataclass(frozen=True, slots=True)
class KeyView:
    """A key as pages show it: never the key itself. `state`: open, expired, revoked."""

    id: UUID
    name: str
    tail: str
    scopes: tuple[str, ...]
    made_at: datetime
    made_by: str
    until: datetime | None
    used_on: date | None
    revoked_at: datetime | None
    state: str


def api_keys(*, at: datetime) -> list[KeyView]:
    """Return the keys, open ones first, then the newest."""
    rows = list(ApiKey.objects.order_by("-made_at"))
    members = dict(Member.objects.filter(id__in={row.made_by for row in rows}).values_list("id", "user_id"))
    names = dict(User.objects.filter(id__in=members.values()).values_list("id", "name"))
    makers = {member: names.get(user, "") for member, user in members.items()}
    shown = [_view(row, makers.get(row.made_by, ""), at) for row in rows]
    return sorted(shown, key=lambda one: one.state != "open")


def _view(row: ApiKey, who: str, at: datetime) -> KeyView:
    open_ = rules.holds(revoked=row.revoked_at, until=row.until, at=at)
    state = "open" if open_ else "revoked" if row.revoked_at else "expired"
    return KeyView(
        row.id, row.name, row.tail, tuple(row.scopes), row.made_at, who, row.until, row.used_on, row.revoked_at, state
    )
