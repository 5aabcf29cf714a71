"""Fields of a subscriber: their types, the category each declares, and whether they are sealed or clear (CAT-1, CAT-3,
CAT-4).

A *sealed* field lies in the subscriber's envelope: what identifies a person. A *clear* field lies beside it and can be
searched: behaviour, never identifying. Values are typed at the edge and kept in one form: text and choice as text, a
number as decimal digits with a point, a date as ISO 8601, a boolean as true or false.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Final

from mandata.audience.rules.csvfile import folded

MAX_TEXT: Final = 500
MAX_FIELDS: Final = 100

Value = str | bool


class FieldType(StrEnum):
    """How a field's values are read."""

    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    BOOLEAN = "boolean"
    CHOICE = "choice"


class Category(StrEnum):
    """What kind of personal data a field holds, in the agreements' categories (CAT-1 to CAT-4)."""

    CONTACT = "contact"
    IDENTITY = "identity"
    DEMOGRAPHIC = "demographic"
    PREFERENCE = "preference"
    ACTIVITY = "activity"
    OWN = "own"
    SPECIAL = "special"
    CRIMINAL = "criminal"


ALWAYS_SEALED: Final = frozenset({Category.CONTACT, Category.IDENTITY, Category.DEMOGRAPHIC})
"""Categories that identify, alone or together: a field of theirs cannot be clear."""
EXPRESSLY_AGREED_ONLY: Final = frozenset({Category.SPECIAL, Category.CRIMINAL})
"""Art. 9(1) and 10 GDPR: refused unless the agreement names them (CAT-4)."""

FACETS: Final = ("mail_domain", "provider", "language", "country", "region", "birthday")
"""What is derived at sealing and kept in clear under the catalogue (design, decision 6)."""


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """A field as declared. `choices` for `FieldType.CHOICE` only; `lookup`: by what form of a sealed text people are
    found (one of `LOOKUPS`), or nothing."""

    key: str
    label: str
    type: FieldType
    category: Category
    sealed: bool
    choices: tuple[str, ...] = ()
    lookup: str = ""


LOOKUPS: Final = ("name", "number", "phone")
"""How a sealed field can be looked up: by each whole word, as an identification number, as a telephone number."""


class ValueRefused(ValueError):
    """A cell does not fit its field's type. `code` is one of `VALUE_CODES`; it holds no personal data."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


VALUE_CODES: Final = ("text_too_long", "number_invalid", "date_invalid", "boolean_invalid", "choice_unknown")

_TEXT, _DATE = FieldType.TEXT, FieldType.DATE
STANDARD: Final = {
    spec.key: spec
    for spec in (
        FieldSpec("first_name", "First name", _TEXT, Category.CONTACT, sealed=True),
        FieldSpec("last_name", "Last name", _TEXT, Category.CONTACT, sealed=True),
        FieldSpec("degree", "Academic degree", _TEXT, Category.CONTACT, sealed=True),
        FieldSpec("phone", "Telephone", _TEXT, Category.CONTACT, sealed=True),
        FieldSpec("company", "Company", _TEXT, Category.CONTACT, sealed=True),
        FieldSpec("street", "Street", _TEXT, Category.CONTACT, sealed=True),
        FieldSpec("city", "City", _TEXT, Category.CONTACT, sealed=True),
        FieldSpec("postcode", "Postcode", _TEXT, Category.CONTACT, sealed=True),
        FieldSpec("region", "Region", _TEXT, Category.CONTACT, sealed=True),
        FieldSpec("country", "Country", _TEXT, Category.CONTACT, sealed=True),
        FieldSpec("language", "Language", _TEXT, Category.DEMOGRAPHIC, sealed=True),
        FieldSpec("gender", "Gender", _TEXT, Category.DEMOGRAPHIC, sealed=True),
        FieldSpec("birth_date", "Date of birth", _DATE, Category.DEMOGRAPHIC, sealed=True),
        FieldSpec("identification_number", "Identification number", _TEXT, Category.IDENTITY, sealed=True),
    )
}
"""Fields that every controller has from the start. Their keys are those of merge tags."""

EVIDENCE_SOURCE: Final = "evidence_source"
EVIDENCE_WORDS: Final = "evidence_words"
"""Free text of a file about a person's consent: it may name anybody, and so lies in the envelope."""

RESERVED_KEYS: Final = frozenset(
    {"email", "address", "id", "list", "state", "basis", EVIDENCE_SOURCE, EVIDENCE_WORDS, *FACETS}
) - frozenset(STANDARD)


def declare(spec: FieldSpec, *, agreed: Sequence[str] = ()) -> str:
    """Say why a field may not be declared so, as a code, or an empty text.

    `agreed`: the special categories the agreement in force names expressly.
    """
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,39}", spec.key) or spec.key in RESERVED_KEYS:
        return "field_key"
    if not spec.label.strip() or len(spec.label) > 80:
        return "field_label"
    if spec.category in EXPRESSLY_AGREED_ONLY and spec.category not in agreed:
        return "field_special_category"
    if not spec.sealed and spec.category in ALWAYS_SEALED | EXPRESSLY_AGREED_ONLY:
        return "field_identifying_in_clear"
    if (spec.type is FieldType.CHOICE) != bool(spec.choices):
        return "field_choices"
    if spec.lookup and (spec.lookup not in LOOKUPS or not spec.sealed or spec.type is not FieldType.TEXT):
        return "field_lookup"
    return ""


FIELD_CODES: Final = (
    "field_key",
    "field_label",
    "field_special_category",
    "field_identifying_in_clear",
    "field_choices",
    "field_lookup",
    "field_exists",
    "field_too_many",
)

_SPECIAL_STEMS: Final = (
    ("religion", "confession", "nabozenst", "vyznan", "konfession"),
    ("health", "diagnos", "diagnoz", "illness", "disease", "disabilit", "allerg", "zdravot", "nemoc", "alergi",
     "krankheit", "gesundheit"),
    ("ethnic", "race", "etnick", "narodnost", "rasa", "ethnisch"),
    ("sexual", "orientace", "orientation"),
    ("political", "politick", "politisch", "partei"),
    ("tradeunion", "unionmember", "odbor", "gewerkschaft"),
    ("biometr", "genetic", "genetick", "fingerprint", "otiskprst"),
    ("criminal", "conviction", "trestn", "odsouzen", "vorstrafe"),
)  # fmt: skip


def looks_special(header: str) -> bool:
    """True where a header sounds like a special category or a conviction: such a column is left out by default."""
    text = folded(header)
    return any(text.startswith(stem) or (len(stem) > 6 and stem in text) for stems in _SPECIAL_STEMS for stem in stems)


def key_of(label: str) -> str:
    """A merge-tag key from a header: ASCII, lower case, words joined by underscores; may be empty."""
    words = re.findall(r"[a-z0-9]+", "".join(folded(char) or " " for char in label))
    key = "_".join(words)[:40].strip("_")
    return key if not key or key[0].isalpha() else f"f_{key}"[:40]


# --- Values -----------------------------------------------------------------------------------------------------------

_YES: Final = frozenset(
    ("yes", "y", "true", "t", "1", "x", "ano", "a", "ja", "j", "wahr", "tak", "oui", "si", "on", "souhlasi", "pravda")
)
_NO: Final = frozenset(
    ("no", "n", "false", "f", "0", "ne", "nein", "falsch", "nie", "non", "off", "nesouhlasi", "nepravda")
)
_BOOLEANS: Final = {folded(word): True for word in _YES} | {folded(word): False for word in _NO}
_TIDY = str.maketrans(dict.fromkeys([*map(chr, (*range(32), *range(0x7F, 0xA0))), "\u2028", "\u2029"], " "))


def tidy(text: str) -> str:
    """One line of text: control characters and line ends become blanks, blanks around it go."""
    return text.strip() if text.isprintable() else text.translate(_TIDY).strip()


def read_text(text: str) -> str:
    """A text as kept. Raises `ValueRefused("text_too_long")` beyond `MAX_TEXT` characters."""
    text = tidy(text)
    if len(text) > MAX_TEXT:
        raise ValueRefused("text_too_long")
    return text


def read_boolean(text: str) -> bool:
    """A yes or no in English, Czech, German and their neighbours. Raises `ValueRefused("boolean_invalid")`."""
    found = _BOOLEANS.get(text)
    if found is None:
        found = _BOOLEANS.get(folded(text))
    if found is None:
        raise ValueRefused("boolean_invalid")
    return found


def read_number(text: str) -> str:
    """A number with either decimal sign and blanks, points or commas between thousands, as plain digits with a point.

    A separator that stands alone is a decimal sign: ``1,234`` and ``1.234`` are both 1.234. A currency or percent sign
    is dropped. Raises `ValueRefused("number_invalid")`.
    """
    plain = re.sub(r"[\s\u00a0\u202f']", "", text)
    plain = re.sub(r"(?i)^(?:czk|eur|usd|kč|€|\$)|(?:czk|eur|usd|kč|€|\$|,-|%)$", "", plain)
    comma, point = plain.rfind(","), plain.rfind(".")
    if comma >= 0 and point >= 0:
        thousands, mark = (",", ".") if point > comma else (".", ",")
        plain = plain.replace(thousands, "").replace(mark, ".")
    elif comma >= 0:
        plain = plain.replace(",", "." if plain.count(",") == 1 else "")
    elif plain.count(".") > 1:
        plain = plain.replace(".", "")
    if not re.fullmatch(r"[+-]?[0-9]{1,18}(?:\.[0-9]{0,9})?", plain, re.ASCII):
        raise ValueRefused("number_invalid")
    try:
        number = Decimal(plain)
    except InvalidOperation:  # pragma: no cover - the expression above admits decimal digits only
        raise ValueRefused("number_invalid") from None
    digits = format(number, "f")
    return (digits.rstrip("0").rstrip(".") if "." in digits else digits) if number else "0"


_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ].*)?", re.ASCII)
_ISO_SLASHED = re.compile(r"(\d{4})[/.](\d{1,2})[/.](\d{1,2})(?:[T ].*)?", re.ASCII)
_PARTS = re.compile(r"(\d{1,2})\s?[./-]\s?(\d{1,2})\s?[./-]\s?(\d{4})(?:[T, ].*)?", re.ASCII)


def read_date(text: str, *, month_first: bool = False) -> str:
    """A date as ``YYYY-MM-DD``: ISO 8601, or day, month, year with points, slashes or hyphens (`month_first`:
    American).

    A time after it is dropped. Raises `ValueRefused("date_invalid")`.
    """
    if len(text) == 10 and text[4] == text[7] == "-":
        try:
            return date.fromisoformat(text).isoformat()
        except ValueError:
            raise ValueRefused("date_invalid") from None
    text = text.strip()
    if match := _ISO.fullmatch(text) or _ISO_SLASHED.fullmatch(text):
        year, month, day = match.groups()
    elif match := _PARTS.fullmatch(text):
        day, month, year = match.groups()
        if month_first and "." not in text[: match.end(2)]:
            day, month = month, day
    else:
        raise ValueRefused("date_invalid")
    try:
        return date(int(year), int(month), int(day)).isoformat()
    except ValueError:
        raise ValueRefused("date_invalid") from None


_TIME = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?(?:\.\d+)?", re.ASCII)


def read_moment(text: str, *, month_first: bool = False) -> datetime:
    """A date with or without a time of day, naive: the caller knows the file's zone. Raises
    `ValueRefused("date_invalid")`."""
    if len(text) >= 16 and text[4:5] == "-":
        try:
            return datetime.fromisoformat(text)
        except ValueError:
            pass
    day = date.fromisoformat(read_date(text, month_first=month_first))
    found = _TIME.search(text)
    hour, minute, second = (int(part or 0) for part in found.groups()) if found else (0, 0, 0)
    try:
        return datetime(day.year, day.month, day.day, hour, minute, second)  # noqa: DTZ001 - the zone is the file's
    except ValueError:
        raise ValueRefused("date_invalid") from None


def read_choice(text: str, choices: Sequence[str]) -> str:
    """The declared choice that equals `text` but for case and accents. Raises `ValueRefused("choice_unknown")`."""
    text = tidy(text)
    if text in choices:
        return text
    wanted = folded(text)
    for choice in choices:
        if folded(choice) == wanted:
            return choice
    raise ValueRefused("choice_unknown")


def read(spec: FieldSpec, text: str, *, month_first: bool = False) -> Value:
    """A non-blank cell as a value of its field. Raises `ValueRefused`."""
    match spec.type:
        case FieldType.TEXT:
            return read_text(text)
        case FieldType.NUMBER:
            return read_number(text)
        case FieldType.DATE:
            return read_date(text, month_first=month_first)
        case FieldType.BOOLEAN:
            return read_boolean(text)
        case FieldType.CHOICE:
            return read_choice(text, spec.choices)
