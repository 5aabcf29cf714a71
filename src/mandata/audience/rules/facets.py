"""Facets: what is derived from the sealed fields at sealing and kept in clear, to be counted and filtered by
(decision 6)."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from mandata.audience.rules.csvfile import folded
from mandata.foundation import addresses

MAX_REGION: Final = 60


class Facets(NamedTuple):
    """The clear facets of a subscriber; empty texts where nothing is known. `birthday` is ``MM-DD``."""

    mail_domain: str
    provider: str
    language: str
    country: str
    region: str
    birthday: str


def derive(mail_domain: str, identity: Mapping[str, object]) -> Facets:
    """Derive the facets from the ASCII mail domain and the sealed fields."""
    birth = identity.get("birth_date")
    return Facets(
        mail_domain,
        addresses.provider(mail_domain),
        language_code(str(identity.get("language", ""))),
        country_code(str(identity.get("country", ""))),
        str(identity.get("region", ""))[:MAX_REGION],
        birth[5:10] if isinstance(birth, str) else "",
    )


_COUNTRIES: Final = {
    "AT": "austria rakousko osterreich aut",
    "BE": "belgium belgie belgien bel",
    "BG": "bulgaria bulharsko bulgarien bgr",
    "CA": "canada kanada can",
    "CH": "switzerland svycarsko schweiz suisse che",
    "CY": "cyprus kypr zypern cyp",
    "CZ": "czechrepublic czechia ceskarepublika cesko tschechien tschechischerepublik cze cr",
    "DE": "germany nemecko deutschland deu brd",
    "DK": "denmark dansko danemark dnk",
    "EE": "estonia estonsko estland est",
    "ES": "spain spanelsko spanien espana esp",
    "FI": "finland finsko finnland fin",
    "FR": "france francie frankreich fra",
    "GB": "unitedkingdom greatbritain england velkabritanie spojenekralovstvi anglie grossbritannien uk gbr",
    "GR": "greece recko griechenland grc",
    "HR": "croatia chorvatsko kroatien hrv",
    "HU": "hungary madarsko ungarn hun",
    "IE": "ireland irsko irland irl",
    "IS": "iceland island isl",
    "IT": "italy italie italien ita",
    "LI": "liechtenstein lichtenstejnsko lie",
    "LT": "lithuania litva litauen ltu",
    "LU": "luxembourg lucembursko luxemburg lux",
    "LV": "latvia lotyssko lettland lva",
    "MT": "malta mlt",
    "NL": "netherlands holland nizozemsko nizozemi niederlande nld",
    "NO": "norway norsko norwegen nor",
    "PL": "poland polsko polen pol",
    "PT": "portugal portugalsko prt",
    "RO": "romania rumunsko rumanien rou",
    "RS": "serbia srbsko serbien srb",
    "SE": "sweden svedsko schweden swe",
    "SI": "slovenia slovinsko slowenien svn",
    "SK": "slovakia slovensko slovenskarepublika slowakei svk sr",
    "TR": "turkey turecko turkei tur",
    "UA": "ukraine ukrajina ukr",
    "US": "unitedstates unitedstatesofamerica usa spojenestaty vereinigtestaaten",
}
_COUNTRY_OF: Final = {word: code for code, words in _COUNTRIES.items() for word in (*words.split(), code.lower())}

_LANGUAGES: Final = {
    "cs": "czech cestina cesky tschechisch cz cze ces",
    "sk": "slovak slovencina slovensky slowakisch svk slk",
    "en": "english anglictina anglicky englisch gb us eng",
    "de": "german nemcina nemecky deutsch at deu ger",
    "pl": "polish polstina polsky polnisch polski pol",
    "hu": "hungarian madarstina madarsky ungarisch magyar hun",
    "fr": "french francouzstina francouzsky franzosisch francais fra",
    "it": "italian italstina italsky italienisch italiano ita",
    "es": "spanish spanelstina spanelsky spanisch espanol spa",
    "nl": "dutch nizozemstina nizozemsky niederlandisch nld",
    "uk": "ukrainian ukrajinstina ukrajinsky ukrainisch ua ukr",
    "ro": "romanian rumunstina rumunsky rumanisch ron",
    "sl": "slovenian slovinstina slovinsky slowenisch slv",
    "hr": "croatian chorvatstina chorvatsky kroatisch hrv",
}
_LANGUAGE_OF: Final = {word: code for code, words in _LANGUAGES.items() for word in (*words.split(), code)}


def country_code(text: str) -> str:
    """ISO 3166 alpha-2 code from a code or a name in English, Czech or German; empty where unknown."""
    if not text:
        return ""
    return _COUNTRY_OF.get(text.lower()) or _COUNTRY_OF.get(folded(text), "")


def language_code(text: str) -> str:
    """ISO 639-1 code from a code (``cs``, ``cs_CZ``) or a name in English, Czech or German; empty where unknown."""
    if not text:
        return ""
    lowered = text.lower()
    return _LANGUAGE_OF.get(lowered) or _LANGUAGE_OF.get(lowered[:2] if lowered[2:3] in "-_" else folded(text), "")
