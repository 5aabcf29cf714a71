"""The country of a network of ours or of a visitor's, from the operator's own file; nothing is asked over the wire.

`tracking.countries` reads the same file for opens and clicks, from network classes in bytes.
"""

from functools import cache
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import maxminddb

from mandata.infra.environment import env


def country(network: str) -> str:
    """Return the ISO 3166-1 code of a reduced network ("203.0.113.0/24"); "" without a file, or where it knows none.

    A file that cannot be read tells no country here: who is at the door must not be kept out by it.
    """
    path = env().countries
    try:
        return _country(path, network) if path and network else ""
    except (OSError, ValueError, maxminddb.InvalidDatabaseError):
        return ""


def _country(path: Path, network: str) -> str:
    first = ip_network(network, strict=False).network_address
    reader = _reader(path)
    if first.version == 6 and reader.metadata().ip_version == 4:
        return ""
    return _code(reader.get(first))


@cache
def _reader(path: Path) -> maxminddb.Reader:
    return maxminddb.open_database(path)


def _code(found: Any) -> str:
    if not isinstance(found, dict):
        return ""
    told = found.get("country", found.get("country_code"))
    if isinstance(told, dict):
        told = told.get("iso_code")
    return told.upper() if isinstance(told, str) and len(told) == 2 and told.isalpha() else ""
