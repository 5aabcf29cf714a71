"""Forms by which a person is looked up where the value itself lies sealed: words of names, and identification numbers.

Pure. A form feeds a blind index only and is never shown. What people write in different ways must come out the same:
case, accents, letters that have no accent to lose (ł, đ, ø, ß), letters that German and Danish also write as two
(ä = ae), Cyrillic in the spelling that Czech and its neighbours use. Two names may so fall together (Michal, Michael);
nobody is lost by it, and the page shows both. `NAME_FORM` is the version of these rules: their change is a new number,
and a re-index.
"""

import re
import unicodedata
from typing import Final

NAME_FORM: Final = 1
"""Version of the forms of words and numbers. It enters `audience_subscriber.lookup_version` beside the key's."""

MAX_WORDS: Final = 12
"""How many words of one person's names are looked up by: more is no name, and each is a row."""
MAX_WORD: Final = 60

_LETTERS: Final = {
    "ł": "l", "đ": "d", "ð": "d", "ø": "o", "æ": "ae", "œ": "oe", "þ": "th", "ħ": "h", "ı": "i", "ŋ": "n", "ĸ": "k",
    # Cyrillic, as Czech writes it, its accents left out
    "а": "a", "б": "b", "в": "v", "г": "h", "ґ": "g", "д": "d", "е": "e", "є": "je", "ё": "jo", "ж": "z", "з": "z",
    "и": "i", "і": "i", "ї": "ji", "й": "j", "к": "k", "л": "l", "м": "m", "н": "n", "о": "o", "п": "p", "р": "r",
    "с": "s", "т": "t", "у": "u", "ў": "u", "ф": "f", "х": "ch", "ц": "c", "ч": "c", "ш": "s", "щ": "sc", "ъ": "",
    "ы": "y", "ь": "", "э": "e", "ю": "ju", "я": "ja", "ђ": "d", "ј": "j", "љ": "lj", "њ": "nj", "ћ": "c", "џ": "dz",
}  # fmt: skip
_TABLE: Final = str.maketrans(_LETTERS)
_PAIRS: Final = re.compile(r"([aou])e|a(?=a)|(d)j")
"""Letters written as two: ä = ae, ö = oe, ü = ue, å = aa, đ = dj."""
_SIGNS: Final = re.compile(r"[\u0027\u2018\u2019\u02bc\u00b4`.]")
"""Signs inside a word (O'Connor, Ph.D.); every other sign parts words."""
_TITLES: Final = frozenset(
    ("bc", "bca", "ing", "mgr", "mga", "mudr", "mvdr", "mddr", "judr", "phdr", "rndr", "paeddr", "pharmdr", "thdr",
     "thlic", "rsdr", "dr", "prof", "doc", "phd", "csc", "drsc", "dsc", "dis", "mba", "llm", "msc")
)  # fmt: skip


def words(text: str) -> tuple[str, ...]:
    """The words of a name in their look-up form, each once, in the order written; empty where there is no letter.

    Academic titles and single letters are left out, unless nothing else is there.
    """
    if text.isascii():
        plain = text.lower()
    else:
        # й and ї must not lose their sign as an accent: the table goes before the accents.
        known = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold()).translate(_TABLE)
        plain = "".join(char for char in unicodedata.normalize("NFKD", known) if not unicodedata.combining(char))
    found = dict.fromkeys(_folded(word) for word in re.split(r"[\W_]+", _SIGNS.sub("", plain)) if word)
    names = [word for word in found if len(word) > 1 and word not in _TITLES]
    return tuple((names or list(found))[:MAX_WORDS])


def _folded(word: str) -> str:
    word, before = word[:MAX_WORD], ""
    while word != before:
        word, before = _PAIRS.sub(r"\1\2", word), word
    return word


def number(text: str) -> str:
    """An identification number in its look-up form: letters and digits only, in lower case; may be empty."""
    return "".join(char for char in unicodedata.normalize("NFKC", text).casefold() if char.isalnum())[:MAX_WORD]


_OWN_LETTERS: Final = str.maketrans({"č": "c\uffff", "ř": "r\uffff", "š": "s\uffff", "ž": "z\uffff"})
_CH: Final = ("cs", "sk")


def sort_key(text: str, language: str = "") -> tuple[str, str]:
    """Where a text stands in an alphabet: case and accents come second, č, ř, š and ž are letters of their own after
    c, r, s and z; for a reader of Czech or Slovak (`language`, ISO 639-1) so is ch, after h."""
    lowered = unicodedata.normalize("NFC", text.casefold())
    marked = lowered.translate(_OWN_LETTERS)
    if language[:2] in _CH:
        marked = marked.replace("ch", "h\uffff")
    plain = unicodedata.normalize("NFKD", marked.translate(_TABLE))
    return "".join(char for char in plain if not unicodedata.combining(char)), lowered
