"""What a member decides about an import, as typed values and as the JSON that the import's row keeps."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from mandata.audience.rules.bases import Basis
from mandata.audience.rules.columns import CONSENT, CONSENT_AT, CUSTOMER
from mandata.audience.rules.csvfile import Shape
from mandata.audience.rules.fields import FieldSpec
from mandata.audience.rules.rows import Reading


class Update(StrEnum):
    """What becomes of the fields of a person who is here already."""

    KEEP = "keep"
    FILL = "fill"
    OVERWRITE = "overwrite"


OPTION_CODES: Final = ("option_zone", "option_source", "option_consent_at")


@dataclass(frozen=True, slots=True)
class Options:
    """How a file is read, whose data it is, and on what ground.

    `shape` and `targets`: see `csvfile` and `columns`. `basis`, `source`, `consent_at`: what the member declares for
    rows whose own columns say nothing; `warranted` is the member's word that the controller may bring these people in
    (AGR-6). `zone` is an IANA name, `country` ISO 3166.
    """

    shape: Shape
    targets: tuple[str, ...]
    zone: str = "Europe/Prague"
    country: str = "CZ"
    month_first: bool = False
    basis: Basis = Basis.NONE
    source: str = ""
    consent_at: datetime | None = None
    keep_without_basis: bool = False
    update: Update = Update.FILL
    warranted: bool = False

    def as_json(self) -> dict[str, Any]:
        """Plain data for the import's row."""
        found = asdict(self)
        found["consent_at"] = self.consent_at.isoformat() if self.consent_at else None
        return found

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Options":
        """The way back from `as_json`."""
        known = dict(data)
        known["shape"] = Shape(**known["shape"])
        known["targets"] = tuple(known["targets"])
        known["basis"], known["update"] = Basis(known["basis"]), Update(known["update"])
        known["consent_at"] = datetime.fromisoformat(known["consent_at"]) if known["consent_at"] else None
        return cls(**known)

    def reading(self, fields: Mapping[str, FieldSpec]) -> Reading:
        """How rows are read by these options."""
        return Reading(
            targets=self.targets,
            fields=fields,
            zone=ZoneInfo(self.zone),
            country=self.country,
            month_first=self.month_first,
            basis=self.basis,
            consent_at=self.consent_at,
            keep_without_basis=self.keep_without_basis,
        )

    def bases(self) -> tuple[Basis, ...]:
        """Every ground on which a row of this import could be taken."""
        found = {self.basis} if self.basis is not Basis.NONE else set()
        if CONSENT in self.targets or CONSENT_AT in self.targets:
            found.add(Basis.CONSENT)
        if CUSTOMER in self.targets:
            found.add(Basis.EXISTING_CUSTOMER)
        return tuple(sorted(found))

    def fault(self) -> str:
        """Say what is missing or wrong, as a code of `OPTION_CODES`, or an empty text."""
        try:
            ZoneInfo(self.zone)
        except (ZoneInfoNotFoundError, ValueError):
            return "option_zone"
        if not self.source.strip() or len(self.source) > 200:
            return "option_source"
        if self.basis is Basis.CONSENT and self.consent_at is None:
            return "option_consent_at"
        return ""
