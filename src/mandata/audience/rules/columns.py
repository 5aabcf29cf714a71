"""What a file's columns mean: guessed from their headers (English, Czech, German) and contents, decided by a member.

A column goes to a *target*: `EMAIL`, one of the evidence columns below, ``field:<key>`` for a field, or `IGNORE`.
Columns that nobody asked for are left out: least data by default (SEC-7).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from mandata.audience.rules.csvfile import FileProblem, folded
from mandata.audience.rules.fields import STANDARD, FieldSpec, looks_special
from mandata.foundation import addresses

EMAIL: Final = "email"
CONSENT: Final = "consent"
CONSENT_AT: Final = "consent_at"
CONSENT_SOURCE: Final = "consent_source"
CONSENT_WORDS: Final = "consent_words"
CUSTOMER: Final = "customer"
UNSUBSCRIBED: Final = "unsubscribed"
IGNORE: Final = "ignore"
FIELD: Final = "field:"

EVIDENCE: Final = (CONSENT, CONSENT_AT, CONSENT_SOURCE, CONSENT_WORDS, CUSTOMER, UNSUBSCRIBED)
"""Columns about the lawful basis: may the person be written to, since when, on what words, and did they leave."""

_HEADERS: Final[Mapping[str, str]] = {
    EMAIL: "email e-mail mail emailaddress mailaddress adresaemailu emailovaadresa mailovaadresa "
    "elektronickaposta emailadresse epost kontaktemail emailzakaznika customeremail",
    CONSENT: "consent optin newsletter newsletterconsent marketingconsent marketing acceptsmarketing souhlas "
    "souhlasnewsletter souhlassnewsletterem souhlassezasilanim marketingovysouhlas odbernovinek "
    "einwilligung zustimmung werbeeinwilligung gdpr",
    CONSENT_AT: "consentdate consentat consenttime optindate optinat optintime subscribedat subscriptiondate "
    "signupdate datumsouhlasu datumudelenisouhlasu datumprihlaseni casprihlaseni prihlasenodne "
    "einwilligungsdatum einwilligungam anmeldedatum anmeldungam",
    CONSENT_SOURCE: "consentsource source signupsource optinsource zdroj zdrojsouhlasu puvod zdrojkontaktu quelle "
    "einwilligungsquelle herkunftderadresse",
    CONSENT_WORDS: "consenttext consentwording znenisouhlasu textsouhlasu einwilligungstext",
    CUSTOMER: "customer existingcustomer iscustomer zakaznik jezakaznik stavajicizakaznik kunde bestandskunde istkunde",
    UNSUBSCRIBED: "unsubscribed optout optedout unsubscribedat unsubscribedate odhlasen odhlaseno odhlasenodne "
    "datumodhlaseni nezasilat abgemeldet abgemeldetam abbestellt",
    "first_name": "firstname name1 givenname forename jmeno krestnijmeno krestni vorname",
    "last_name": "lastname surname familyname prijmeni nachname familienname",
    "degree": "degree title titul titulpredjmenem akademickytitul titel",
    "phone": "phone telephone mobile mobilephone phonenumber cell tel telefon mobil telefonnicislo mobilnitelefon "
    "telefonnummer handy handynummer",
    "company": "company companyname organisation organization firma nazevfirmy spolecnost unternehmen",
    "street": "street address address1 streetaddress ulice uliceacp adresa strasse anschrift",
    "city": "city town mesto obec stadt ort",
    "postcode": "zip zipcode postcode postalcode psc smerovacicislo plz postleitzahl",
    "region": "region state county province kraj bundesland",
    "country": "country countrycode zeme stat land",
    "language": "language lang locale jazyk sprache",
    "gender": "gender sex pohlavi geschlecht",
    "birth_date": "birthdate birthday dateofbirth dob datumnarozeni narozeniny narozen geburtsdatum geburtstag",
    "identification_number": "identificationnumber companynumber ico icofirmy handelsregisternummer",
}
_TARGET_OF: Final = {
    word: (FIELD + target if target in STANDARD else target)
    for target, words in _HEADERS.items()
    for word in (folded(word) for word in words.split())
}


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a file as a member sees it: where it would go, and why it is left out where it is."""

    number: int
    header: str
    target: str
    special: bool = False
    samples: tuple[str, ...] = ()


def guess(headers: Sequence[str], sample: Sequence[Sequence[str]], fields: Iterable[FieldSpec] = ()) -> list[Column]:
    """Guess where each column goes: by its header, else by what stands in it; each target once, the first column wins.

    `headers` may be empty texts (a file without a header); `sample` are rows below it. `fields` are the controller's
    own.
    """
    own = {folded(name): FIELD + spec.key for spec in fields for name in (spec.label, spec.key)}
    taken: set[str] = set()
    found: list[Column] = []
    for number, header in enumerate(headers):
        name = folded(header)
        special = looks_special(header)
        target = IGNORE if special else own.get(name) or _TARGET_OF.get(name, IGNORE)
        if target in taken:
            target = IGNORE
        taken.add(target)
        samples = tuple(row[number] for row in sample[:3] if number < len(row))
        found.append(Column(number, header, target, special, samples))
    return found if EMAIL in taken else _with_email_by_content(found, sample)


def _with_email_by_content(columns: list[Column], sample: Sequence[Sequence[str]]) -> list[Column]:
    def share(column: Column) -> int:
        cells = [addresses.clean(row[column.number]) for row in sample if column.number < len(row)]
        filled = [cell for cell in cells if cell]
        valid = sum("@" in cell and addresses.is_valid(cell) for cell in filled)
        return valid * 100 // len(filled) if filled else 0

    best = max(columns, key=share, default=None)
    if best is None or share(best) < 50:
        return columns
    email = Column(best.number, best.header, EMAIL, best.special, best.samples)
    return [email if column is best else column for column in columns]


def check(targets: Sequence[str], fields: Mapping[str, FieldSpec]) -> None:
    """Refuse a mapping that cannot be carried out.

    Raises `FileProblem`: ``file_without_email`` where no column holds the address, ``file_columns_twice`` where two
    columns go to one target, ``file_field_unknown`` where a field is not declared or a target is none.
    """
    if EMAIL not in targets:
        raise FileProblem("file_without_email")
    used = [target for target in targets if target != IGNORE]
    if len(used) != len(set(used)):
        raise FileProblem("file_columns_twice")
    for target in used:
        known = target == EMAIL or target in EVIDENCE or (target.startswith(FIELD) and target[len(FIELD) :] in fields)
        if not known:
            raise FileProblem("file_field_unknown")
