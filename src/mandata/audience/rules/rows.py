"""From a row of a file to what is kept of a person, or the reason why nothing is.

A `RowReader` is made once for an import and reads each row without I/O. A row is *rejected* where the person cannot be
taken: no valid address, no lawful basis, bytes that cannot be read. A single value that does not fit its field is *left
out* and the row remarked, because a shop's telephone column must not cost it a subscriber.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Final, NamedTuple

from mandata.audience.rules import columns
from mandata.audience.rules.bases import Basis
from mandata.audience.rules.cells import shown
from mandata.audience.rules.csvfile import is_readable
from mandata.audience.rules.facets import country_code, language_code
from mandata.audience.rules.fields import FieldSpec, Value, ValueRefused, read, read_boolean, read_moment, tidy
from mandata.foundation import addresses
from mandata.foundation.addresses import Address, AddressError, TelephoneError

ROW_CODES: Final = (
    *addresses.ADDRESS_CODES,
    "row_unreadable",
    "row_too_many_cells",
    "basis_missing",
    "consent_refused",
    "consent_undated",
    "consent_in_future",
    "consent_unclear",
    "unsubscribed_unclear",
    "duplicate",
    "restricted",
    "suppressed_unsubscribed",
    "suppressed_objection",
    "suppressed_complaint",
    "suppressed_hard_bounce",
    "suppressed_soft_bounce",
    "suppressed_erasure",
    "suppressed_manual",
)
"""Why a row was not taken."""

REMARK_CODES: Final = (
    "telephone_invalid",
    "text_too_long",
    "number_invalid",
    "date_invalid",
    "boolean_invalid",
    "choice_unknown",
)
"""Why a value of a row was left out."""

_A_DAY: Final = timedelta(days=1)
_SOURCE_LENGTH: Final = 200


@dataclass(frozen=True, slots=True)
class Reading:
    """How an import reads its rows.

    `targets` by column (see `columns`); `country` reads national telephone numbers (ISO 3166); `zone` is that of the
    file's times. `basis` is what the member declares for rows whose own columns say nothing, `consent_at` and `source`
    its evidence; `keep_without_basis` takes people without a basis as `Basis.NONE`, who are never written to.
    """

    targets: Sequence[str]
    fields: Mapping[str, FieldSpec]
    zone: tzinfo
    country: str = "CZ"
    month_first: bool = False
    basis: Basis = Basis.NONE
    consent_at: datetime | None = None
    keep_without_basis: bool = False


class Row(NamedTuple):
    """What is kept of a row: `identity` sealed, `clear` not. `leaving`: the file says that the person has left."""

    line: int
    email: Address
    phone: str
    identity: dict[str, Value]
    clear: dict[str, Value]
    basis: Basis
    consent_at: datetime | None
    source: str
    words: str
    leaving: bool
    remarks: tuple[str, ...]


class Rejected(NamedTuple):
    """A row that is not taken: why, and whose it was where an address could be read."""

    line: int
    reason: str
    email: Address | None


class RowReader:
    """Reads the rows of one import."""

    def __init__(self, reading: Reading, *, now: datetime) -> None:
        self._reading = reading
        self._latest = now + _A_DAY
        self._width = len(reading.targets)
        at = {target: number for number, target in enumerate(reading.targets) if target != columns.IGNORE}
        self._email = at[columns.EMAIL]
        self._evidence: dict[str, int] = {name: at[name] for name in columns.EVIDENCE if name in at}
        self._phone = at.get(f"{columns.FIELD}phone", -1)
        self._country = at.get(f"{columns.FIELD}country", -1)
        self._values = [
            (number, target[len(columns.FIELD) :], _parser(target[len(columns.FIELD) :], reading), self._sealed(target))
            for target, number in at.items()
            if target.startswith(columns.FIELD) and number not in (self._phone, self._country)
        ]

    def _sealed(self, target: str) -> bool:
        return self._reading.fields[target[len(columns.FIELD) :]].sealed

    def read(self, line: int, cells: list[str]) -> Row | Rejected:
        """Read one row; `line` is the number of its first line in the file."""
        width = self._width
        if len(cells) != width:
            if any(cell.strip() for cell in cells[width:]):
                return Rejected(line, "row_too_many_cells", None)
            cells = [*cells[:width], *[""] * (width - len(cells))]
        if not is_readable("".join(cells)):
            return Rejected(line, "row_unreadable", None)
        try:
            email = addresses.parse(addresses.clean(shown(cells[self._email])))
        except AddressError as error:
            return Rejected(line, error.code, None)
        basis, consent_at, source, words, leaving = Basis.NONE, None, "", "", False
        try:
            if self._evidence:
                leaving = self._has_left(cells)
                basis, consent_at, source, words = self._ground(cells, leaving)
            elif self._reading.basis is not Basis.NONE:
                basis, consent_at = self._reading.basis, self._reading.consent_at
            if basis is Basis.NONE and not leaving and not self._reading.keep_without_basis:
                return Rejected(line, "basis_missing", email)
        except _NoGround as refused:
            return Rejected(line, refused.code, email)
        identity: dict[str, Value] = {"email": email.normal}
        clear: dict[str, Value] = {}
        remarks: list[str] = []
        for number, key, parse, sealed in self._values:
            if cell := cells[number]:
                try:
                    value = parse(shown(cell))
                except ValueRefused as refused:
                    remarks.append(refused.code)
                    continue
                if value != "":
                    (identity if sealed else clear)[key] = value
        phone = self._read_phone(cells, identity, remarks)
        return Row(line, email, phone, identity, clear, basis, consent_at, source, words, leaving, tuple(remarks))

    def _read_phone(self, cells: list[str], identity: dict[str, Value], remarks: list[str]) -> str:
        """Read country and telephone, which needs it; return the number in E.164 or an empty text."""
        country = ""
        if self._country >= 0 and (text := tidy(shown(cells[self._country]))):
            country = country_code(text)
            identity["country"] = country or text[:60]
        if self._phone < 0 or not (cell := cells[self._phone].strip()):
            return ""
        try:
            number = addresses.parse_telephone(shown(cell), country or self._reading.country)
        except TelephoneError as refused:
            remarks.append(refused.code)
            return ""
        identity["phone"] = number
        return number

    def _cell(self, cells: list[str], name: str) -> str:
        number = self._evidence.get(name, -1)
        return shown(cells[number]).strip() if number >= 0 else ""

    def _has_left(self, cells: list[str]) -> bool:
        """True where the column of those who left says so: by a yes, or by the date when."""
        text = self._cell(cells, columns.UNSUBSCRIBED)
        if not text:
            return False
        try:
            return read_boolean(text)
        except ValueRefused:
            self._moment(text, "unsubscribed_unclear")
            return True

    def _ground(self, cells: list[str], leaving: bool) -> tuple[Basis, datetime | None, str, str]:
        """The lawful basis that the row's own columns give, else the declared one, with its evidence."""
        if leaving:
            return Basis.NONE, None, "", ""
        source = tidy(self._cell(cells, columns.CONSENT_SOURCE))[:_SOURCE_LENGTH]
        words = tidy(self._cell(cells, columns.CONSENT_WORDS))
        dated = self._cell(cells, columns.CONSENT_AT)
        given = self._consent(cells)
        if given is False:
            raise _NoGround("consent_refused")
        if isinstance(given, datetime):
            return Basis.CONSENT, given, source, words
        if given or (dated and columns.CONSENT not in self._evidence):
            at = self._moment(dated, "consent_undated") if dated else self._reading.consent_at
            if at is None:
                raise _NoGround("consent_undated")
            return Basis.CONSENT, at, source, words
        if self._is_customer(cells):
            return Basis.EXISTING_CUSTOMER, None, source, ""
        if columns.CONSENT in self._evidence or columns.CONSENT_AT in self._evidence:
            return Basis.NONE, None, source, ""
        return self._reading.basis, self._reading.consent_at, source, words

    def _consent(self, cells: list[str]) -> bool | datetime | None:
        """Yes, no, the moment of a yes, or nothing said."""
        text = self._cell(cells, columns.CONSENT)
        if not text:
            return None
        try:
            return read_boolean(text)
        except ValueRefused:
            return self._moment(text, "consent_unclear")

    def _is_customer(self, cells: list[str]) -> bool:
        text = self._cell(cells, columns.CUSTOMER)
        try:
            return bool(text) and read_boolean(text)
        except ValueRefused:
            return False

    def _moment(self, text: str, code: str) -> datetime:
        try:
            moment = read_moment(text, month_first=self._reading.month_first)
        except ValueRefused:
            raise _NoGround(code) from None
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=self._reading.zone)
        if moment > self._latest:
            raise _NoGround("consent_in_future")
        return moment


class _NoGround(Exception):
    """The row's columns about its lawful basis forbid taking it, or cannot be understood."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def _parser(key: str, reading: Reading) -> Callable[[str], Value]:
    spec = reading.fields[key]
    if key == "language":
        return lambda text: language_code(tidy(text)) or tidy(text)[:60]
    return lambda text: read(spec, text, month_first=reading.month_first)
