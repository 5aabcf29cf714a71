"""The languages of the agreements: a gettext domain of their own, so that another page's wording cannot change what
is accepted.
"""

from functools import cache
from gettext import GNUTranslations
from importlib import resources

from mandata.agreements.rules.words import ENGLISH, Words


@cache
def words(language: str) -> Words:
    """What translates into a language, by its code ("cs", "cs-cz"); English where there is no translation."""
    code = language.lower().replace("_", "-").partition("-")[0]
    if not code.isalpha():
        return ENGLISH
    file = resources.files(__package__).joinpath("locale", code, "LC_MESSAGES", "agreements.mo")
    if not file.is_file():
        return ENGLISH
    with file.open("rb") as compiled:
        return GNUTranslations(compiled)
