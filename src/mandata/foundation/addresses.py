"""E-mail addresses and telephone numbers: validation, normal forms, masking, and what a mail domain tells.

Two forms of an address matter and must not be confused:

*normal form*
    what is written to. The form of the ``email-validator`` library: the local part keeps its case (only its owner's
    server may judge it), the domain is lower case and in Unicode, both are NFC (RFC 5321, RFC 6531, RFC 5891, UTS #46).
*look-up form*
    what a person is found, deduplicated and suppressed by: local part in lower case, domain in its ASCII (IDNA) form.
    It feeds the blind index only and is never written to. Its rules carry `NORMAL_FORM`; a change of rules is a new
    number and a re-index.

Plain ASCII addresses take a fast path of one regular expression, twenty times as fast as the library. A property test
holds it equal to ``validate_email(text, check_deliverability=False)`` in verdict and in normal form; whatever the
expression does not match goes to the library, which decides. Domains reserved by RFC 6761 and kin (``.test``,
``.local``, ``.invalid``, ``.onion``) are refused; ``example.com`` and ``.example`` are not.
"""

import re
import unicodedata
from typing import Final, NamedTuple

from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, validate_email
from email_validator.rfc_constants import CASE_INSENSITIVE_MAILBOX_NAMES, EMAIL_MAX_LENGTH

from mandata.foundation.telephones import CALLING_CODES, COUNTRIES, NANP

NORMAL_FORM: Final = 1
"""Version of the look-up forms of addresses and numbers. It enters every blind index beside the key's version."""

_ATEXT = r"[A-Za-z0-9_!#$%&'*+\-/=?^`{|}~]++"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9\-]{0,61}[A-Za-z0-9])?"
_LAST_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9\-]{0,61}[A-Za-z])|[A-Za-z]"
_PLAIN = re.compile(rf"({_ATEXT}(?:\.{_ATEXT})*+)@((?:{_LABEL}\.)+(?:{_LAST_LABEL}))")
_CASELESS = frozenset(CASE_INSENSITIVE_MAILBOX_NAMES)
_RESERVED = tuple(SPECIAL_USE_DOMAIN_NAMES)
_RESERVED_TOP = frozenset(name.rpartition(".")[2] for name in _RESERVED)
# Blank and invisible characters that exports leave around a value: no-break and zero-width spaces, word joiner, byte
# order mark.
_EDGES = " \t\r\n\v\f\x00\u00a0\u2007\u202f\u200b\u200c\u200d\u2060\ufeff\u00ad"


class Address(NamedTuple):
    """A valid address. `normal` is written to, `lookup` is looked up by, `domain` is the ASCII domain."""

    normal: str
    lookup: str
    domain: str

    @property
    def on_the_wire(self) -> str:
        """The address with its domain in ASCII, as SMTP commands carry it (RFC 5321 2.3.5)."""
        return f"{self.normal.rpartition('@')[0]}@{self.domain}"

    @property
    def needs_smtputf8(self) -> bool:
        """True where the local part is not ASCII, so that the receiving server must offer SMTPUTF8 (RFC 6531)."""
        return not self.normal.rpartition("@")[0].isascii()


class AddressError(ValueError):
    """The text is no usable address. `code` says why, in words that hold no personal data; one of `ADDRESS_CODES`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


ADDRESS_CODES: Final = (
    "address_missing",
    "address_without_at",
    "address_too_long",
    "address_local",
    "address_domain",
    "address_reserved",
)


def clean(text: str) -> str:
    """Strip blanks, invisible characters and a ``mailto:`` that exports and copies leave around an address."""
    text = text.strip(_EDGES)
    if text[:7].lower() == "mailto:":
        text = text[7:].strip(_EDGES)
    return text


def parse(text: str) -> Address:
    """Validate `text` as it stands (see `clean`) and return its forms. Raises `AddressError`."""
    match = _PLAIN.fullmatch(text)
    if match is not None and len(text) <= EMAIL_MAX_LENGTH:
        local, domain = match.groups()
        domain = domain.lower()
        # Labels with "--" may be Punycode or forbidden (RFC 5890); reserved names need the whole list. Both are rare.
        if "--" not in domain and domain.rpartition(".")[2] not in _RESERVED_TOP:
            lowered = local.lower()
            lookup = f"{lowered}@{domain}"
            return Address(lookup if lowered in _CASELESS else f"{local}@{domain}", lookup, domain)
    return _parse_by_library(text)


def on_the_wire(normal: str) -> str:
    """Return a normal form as SMTP commands and headers carry it: with its domain in ASCII. Raises `AddressError`."""
    return normal if normal.isascii() else parse(normal).on_the_wire


def is_valid(text: str) -> bool:
    """True where `parse` accepts `text`."""
    try:
        parse(text)
    except AddressError:
        return False
    return True


def _parse_by_library(text: str) -> Address:
    # Longer than any valid address: the library would say the same after work that grows with the length.
    if len(text) > EMAIL_MAX_LENGTH:
        raise AddressError("address_too_long")
    try:
        found = validate_email(text, check_deliverability=False)
    except EmailNotValidError:
        raise AddressError(_reason(text)) from None
    local = unicodedata.normalize("NFC", found.local_part.casefold())
    return Address(found.normalized, f"{local}@{found.ascii_domain}", found.ascii_domain)


def _reason(text: str) -> str:
    """Why the library refused: told by the half that is at fault, since its own messages quote the address."""
    if not text.strip(_EDGES):
        return "address_missing"
    local, at, domain = text.rpartition("@")
    if not at:
        return "address_without_at"
    if domain.lower().endswith(tuple(f".{name}" for name in _RESERVED)) or domain.lower() in _RESERVED:
        return "address_reserved"
    try:
        validate_email(f"{local}@example.com", check_deliverability=False)
    except EmailNotValidError:
        return "address_local"
    return "address_domain"


def mask(address: str) -> str:
    """Shorten an address for lists: first letters and the top-level domain, ``a•••@e•••.cz``. Works on any text."""
    local, at, domain = address.rpartition("@")
    if not at:
        return f"{address[:1]}•••" if address else ""
    name, dot, top = domain.rpartition(".")
    return f"{local[:1]}•••@{name[:1]}•••{dot}{top}" if dot else f"{local[:1]}•••@•••"


def mask_telephone(number: str) -> str:
    """Shorten a number for lists: country and the last two digits, ``+420•••89``."""
    if len(number) < 8:
        return "•••" if number else ""
    return f"{_calling_code(number)}•••{number[-2:]}"


# --- Mailbox providers ----------------------------------------------------------------------------------------------

_PROVIDERS: Final = {
    "Gmail": "gmail.com googlemail.com",
    "Outlook": "outlook.com outlook.cz outlook.sk outlook.de outlook.fr outlook.it outlook.es outlook.at hotmail.com "
    "hotmail.co.uk hotmail.de hotmail.fr hotmail.it hotmail.es hotmail.cz live.com live.co.uk live.de live.fr live.it "
    "live.nl msn.com passport.com",
    "iCloud": "icloud.com me.com mac.com",
    "Yahoo": "yahoo.com yahoo.co.uk yahoo.de yahoo.fr yahoo.it yahoo.es yahoo.pl yahoo.ca yahoo.com.br yahoo.co.in "
    "yahoo.co.jp ymail.com rocketmail.com myyahoo.com",
    "AOL": "aol.com aol.de aol.co.uk aim.com",
    "Seznam": "seznam.cz email.cz post.cz spoluzaci.cz stream.cz",
    "Centrum": "centrum.cz centrum.sk atlas.cz atlas.sk volny.cz pobox.sk",
    "Azet": "azet.sk zoznam.sk post.sk",
    "Tiscali": "tiscali.cz tiscali.it quick.cz",
    "GMX": "gmx.de gmx.net gmx.at gmx.ch gmx.com gmx.eu gmx.info",
    "WEB.DE": "web.de email.de",
    "T-Online": "t-online.de magenta.de",
    "Freenet": "freenet.de",
    "Proton": "proton.me protonmail.com protonmail.ch pm.me",
    "Orange": "orange.fr wanadoo.fr",
    "Free": "free.fr",
    "La Poste": "laposte.net",
    "Libero": "libero.it virgilio.it iol.it inwind.it",
    "Onet": "onet.pl onet.eu op.pl vp.pl poczta.onet.pl",
    "WP": "wp.pl o2.pl tlen.pl",
    "Interia": "interia.pl interia.eu poczta.fm",
    "Freemail": "freemail.hu citromail.hu",
    "Mail.ru": "mail.ru bk.ru inbox.ru list.ru",
    "Yandex": "yandex.ru yandex.com ya.ru",
    "Fastmail": "fastmail.com fastmail.fm",
    "Zoho": "zoho.com zohomail.eu",
    "Ziggo": "ziggo.nl",
    "KPN": "kpnmail.nl planet.nl hetnet.nl",
    "Bluewin": "bluewin.ch",
    # Names reserved by RFC 2606, under which the shipped example shows what the table does.
    "Example Mail": "mail.example",
    "Example Post": "post.example",
    "Example Freemail": "freemail.example",
}
_PROVIDER_OF: Final = {domain: name for name, domains in _PROVIDERS.items() for domain in domains.split()}
OTHER_PROVIDER: Final = ""
"""`provider` of a domain that is not in the table: a company's or a person's own domain."""


def provider(domain: str) -> str:
    """Name of the mailbox provider behind an ASCII mail domain, or `OTHER_PROVIDER`. By table: nothing is asked of
    the network."""
    return _PROVIDER_OF.get(domain, OTHER_PROVIDER)


# --- Telephone numbers ----------------------------------------------------------------------------------------------

_SEPARATORS = str.maketrans(
    "", "", " \t\u00a0\u2007\u2009\u202f\u200b\u200e\u202a\u202c-\u2010\u2011\u2012\u2013./()[]"
)
_EXTENSION = re.compile(r"(?:[;,]?\s*(?:ext|linka|kl|klapka|x)\.?:?\s*\d{1,6})\Z", re.IGNORECASE)


class TelephoneError(ValueError):
    """The text is no telephone number that could be made international. `code` is ``telephone_invalid``."""

    def __init__(self, code: str = "telephone_invalid") -> None:
        super().__init__(code)
        self.code = code


def parse_telephone(text: str, country: str) -> str:
    """Return `text` in E.164 (``+420601123456``), a national number read as one of `country` (ISO 3166 alpha-2).

    Understood: blanks, hyphens, dots, slashes and brackets as separators, ``00`` or ``+`` before a calling code,
    ``(0)`` after it, the national trunk prefix, a trailing extension (dropped: E.164 has none). Checked: 8 to 15
    digits, a calling code in the table, and the length the national plan allows. Whether the number is given to anybody
    is not known. Raises `TelephoneError`.
    """
    number = _EXTENSION.sub("", text.strip(_EDGES)).replace("(0)", "").translate(_SEPARATORS)
    if number.startswith("00"):
        number = f"+{number[2:]}"
    if not number.startswith("+"):
        number = _from_national(number, country)
    digits = number[1:]
    if not (digits.isascii() and digits.isdigit() and 8 <= len(digits) <= 15):
        raise TelephoneError
    code = _calling_code(number)[1:]
    if not code:
        raise TelephoneError
    shortest, longest = NANP if code == "1" else CALLING_CODES[code]
    if not shortest <= len(digits) - len(code) <= longest:
        raise TelephoneError
    return number


def _from_national(number: str, country: str) -> str:
    if country not in COUNTRIES:
        raise TelephoneError
    code, trunk = COUNTRIES[country]
    if trunk and number.startswith(trunk):
        number = number[len(trunk) :]
    elif number.startswith(code) and len(number) > CALLING_CODES[code][1]:
        # Spreadsheets drop a leading plus: 420601123456 is an international number, too long for a national one.
        number = number[len(code) :]
    return f"+{code}{number}"


def _calling_code(number: str) -> str:
    """The calling code of an international number with its plus, or an empty text. Codes are prefix-free (ITU-T
    E.164)."""
    for length in (1, 2, 3):
        if number[1 : 1 + length] in CALLING_CODES:
            return number[: 1 + length]
    return ""
