"""The country of a network class, from the operator's own file (MaxMind DB format); nothing is asked over the wire.

Asked with the reduced network, never with an address: a file that knows finer networks is read at the class's first
address. Files of MaxMind, DB-IP and IPinfo are read alike. Without a file there is no country.
"""

from functools import cache, lru_cache
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from typing import Any

import maxminddb

from mandata.foundation.errors import Fault
from mandata.infra.environment import env


def country(prefix: bytes) -> str:
    """Return the ISO 3166-1 code of a network class (`rules.network`), "" where the file does not know, or is not.

    Raises Fault where the file named by MANDATA_COUNTRIES cannot be read.
    """
    path = env().countries
    return _country(path, prefix) if path and prefix else ""


@lru_cache(maxsize=65_536)
def _country(path: Path, prefix: bytes) -> str:
    reader = _reader(path)
    first = IPv4Address(prefix + bytes(1)) if len(prefix) == 3 else IPv6Address(prefix + bytes(10))
    if first.version == 6 and reader.metadata().ip_version == 4:
        return ""
    return code_of(reader.get(first))


@cache
def _reader(path: Path) -> maxminddb.Reader:
    """Open the file once for a process; a new file is read after a restart."""
    try:
        return maxminddb.open_database(path)
    except (OSError, ValueError, maxminddb.InvalidDatabaseError) as error:
        raise Fault(
            f"The file of countries {path.name} cannot be read.",
            remedy="Put a country file in MaxMind DB format there, or leave MANDATA_COUNTRIES empty.",
        ) from error


def code_of(found: Any) -> str:
    """Return the code in an entry of a country file: `country.iso_code`, `country_code`, or `country` itself."""
    if not isinstance(found, dict):
        return ""
    told = found.get("country", found.get("country_code"))
    if isinstance(told, dict):
        told = told.get("iso_code")
    return told.upper() if isinstance(told, str) and len(told) == 2 and told.isascii() and told.isalpha() else ""
