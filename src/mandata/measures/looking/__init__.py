"""Readings: small functions that look at the running installation, and hand what they saw to the rules.

`CHECKS` names one for every check. Each opens its own scopes; none leaves anything behind, and what goes wrong while it
looks is a failure of the check (`services.checking`), never a pass.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final

from mandata.measures.looking import database, entrance, host, keeping, people, wire
from mandata.measures.rules.verdicts import Verdict

Look = Callable[[datetime], Verdict]

CHECKS: Final[Mapping[str, Look]] = MappingProxyType(
    {
        "web_tls": wire.web_tls,
        "mail_tls": wire.mail_tls,
        "headers": wire.headers,
        "walls": database.walls,
        "sealed": database.sealed,
        "keys": keeping.keys,
        "backups": keeping.backups,
        "backups_apart": keeping.apart,
        "drill": keeping.drill,
        "root": keeping.root,
        "lockout": entrance.lockout,
        "hashing": entrance.hashing,
        "tokens": database.tokens,
        "erasures": keeping.erasures,
        "access_log": people.access_log,
        "dependencies": host.dependencies,
        "malware": wire.malware,
        "clock": host.clock,
        "disk": host.disk,
        "confidentiality": people.confidentiality,
        "training": people.training,
        "rounds": keeping.rounds,
    }
)
