"""What exactly is asked beside the kind: types of messages and channels of an objection, the ground of a restriction.

Codes only: what a person writes is sealed elsewhere. Pure. Sources: Articles 18(1) and 21 GDPR; DSR-9.
"""

from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

SCOPES: Final = ("marketing", "lists", "situation")
"""To what somebody objects: to all direct marketing (always, without reasons); to some types of message; to a
processing on the ground of legitimate interest, for reasons of the own situation (Article 21(1))."""

OBJECTED: Final = ("email", "sms", "all")
"""The channels of an objection."""

RESTRICTED: Final[Mapping[str, str]] = {
    "accuracy": "Art. 18(1)(a) GDPR",
    "unlawful": "Art. 18(1)(b) GDPR",
    "claims": "Art. 18(1)(c) GDPR",
    "objection": "Art. 18(1)(d) GDPR",
}
"""Why a processing is restricted."""

HOUSEHOLD: Final = ("know", "delete")
"""What a household can ask together."""

Asked = Mapping[str, object]


def asked(kind: str, given: Mapping[str, Sequence[str]]) -> dict[str, object]:
    """Return the codes of a request as a case keeps them; what is missing gets the widest meaning the person can have
    had. Raises ValueError for a code that there is not."""
    if kind == "objection":
        scope = _one(given, "scope", SCOPES, "marketing")
        channels = sorted(set(given.get("channel", ()))) or ["all" if scope == "marketing" else "email"]
        lists = sorted({str(UUID(one)) for one in given.get("list", ())})
        if set(channels) - set(OBJECTED) or (scope == "lists" and not lists):
            raise ValueError("channel or list")
        return {"scope": scope, "channels": channels, **({"lists": lists} if scope == "lists" else {})}
    if kind == "restriction":
        return {"ground": _one(given, "ground", tuple(RESTRICTED), "accuracy")}
    if kind == "household":
        return {"what": _one(given, "what", HOUSEHOLD, "know")}
    return {}


def _one(given: Mapping[str, Sequence[str]], name: str, among: tuple[str, ...], default: str) -> str:
    values = [value for value in given.get(name, ()) if value]
    if not values:
        return default
    if values[0] not in among:
        raise ValueError(name)
    return values[0]


def at_once(kind_is_automatic: bool, kind: str, said: Asked) -> bool:
    """Say whether a request is carried out as soon as it is the person's own: an objection to direct marketing or to
    types of message needs no reasons and nobody's decision (Article 21(2) and (3))."""
    return kind_is_automatic or (kind == "objection" and said.get("scope", "marketing") != "situation")
