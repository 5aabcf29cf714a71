"""Calling codes and the lengths of national numbers, by country (ITU-T E.164 and the national numbering plans).

Only what normalisation needs: the calling code, the national trunk prefix that is dropped abroad, and how many digits a
national significant number may have. Europe and the countries its shops deliver to; others can be added as rows.
"""

from typing import Final

NANP: Final = (10, 10)

# country: (calling code, trunk prefix, fewest digits, most digits)
_PLANS: Final = {
    "AT": ("43", "0", 4, 13),
    "AU": ("61", "0", 9, 9),
    "BE": ("32", "0", 8, 9),
    "BG": ("359", "0", 7, 9),
    "CA": ("1", "1", 10, 10),
    "CH": ("41", "0", 9, 9),
    "CY": ("357", "", 8, 8),
    "CZ": ("420", "", 9, 9),
    "DE": ("49", "0", 6, 13),
    "DK": ("45", "", 8, 8),
    "EE": ("372", "", 7, 8),
    "ES": ("34", "", 9, 9),
    "FI": ("358", "0", 5, 12),
    "FR": ("33", "0", 9, 9),
    "GB": ("44", "0", 9, 10),
    "GR": ("30", "", 10, 10),
    "HR": ("385", "0", 8, 9),
    "HU": ("36", "06", 8, 9),
    "IE": ("353", "0", 7, 9),
    "IL": ("972", "0", 8, 9),
    "IS": ("354", "", 7, 9),
    "IT": ("39", "", 6, 11),
    "JP": ("81", "0", 9, 10),
    "LI": ("423", "", 7, 9),
    "LT": ("370", "0", 8, 8),
    "LU": ("352", "", 4, 11),
    "LV": ("371", "", 8, 8),
    "MT": ("356", "", 8, 8),
    "NL": ("31", "0", 9, 9),
    "NO": ("47", "", 8, 8),
    "NZ": ("64", "0", 8, 10),
    "PL": ("48", "", 9, 9),
    "PT": ("351", "", 9, 9),
    "RO": ("40", "0", 9, 9),
    "RS": ("381", "0", 8, 10),
    "SE": ("46", "0", 7, 10),
    "SI": ("386", "0", 8, 8),
    "SK": ("421", "0", 9, 9),
    "TR": ("90", "0", 10, 10),
    "UA": ("380", "0", 9, 9),
    "US": ("1", "1", 10, 10),
}

COUNTRIES: Final = {country: (code, trunk) for country, (code, trunk, _, _) in _PLANS.items()}
CALLING_CODES: Final = {code: (fewest, most) for code, _, fewest, most in _PLANS.values()}
