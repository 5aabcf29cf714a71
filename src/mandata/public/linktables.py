"""What the links of each campaign lead to and how its reactions are measured, in memory, fetched from the database on
the first request for a campaign.

The door answers from here. A table once fetched is served for as long as the database is away. Imports no Django.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote, urlsplit

import psycopg

from mandata.foundation.errors import Fault

MAX_CAMPAIGNS: Final = 2_000
# A table is looked at again after this long; until the answer is there, the old one is served.
FRESH_SECONDS: Final = 60.0
# A link or campaign that is not there may have been made a moment ago; ask again, but not for each request.
ABSENT_SECONDS: Final = 2.0
# After a failure the database is left alone this long, so that requests do not queue up behind it.
PAUSE_SECONDS: Final = 1.0

# Everything that may stand in a URL as it is (RFC 3986), percent signs of what is already encoded included.
_URL_CHARACTERS: Final = "%:/?#[]@!$&'()*+,;=-._~"

_PATIENCE = "set local statement_timeout = '3s'"
_NUMBER = "select controller_id, campaign_id from campaigns_number where number = %s"
_SCOPE = "select set_config('mandata.controller', %s, true)"
_LINKS = "select number, url from campaigns_link where controller_id = %s and campaign_id = %s"
_CHOICES = "select individual and agreed, web from tracking_choice where controller_id = %s and about in (%s, %s)"


@dataclass(frozen=True, slots=True)
class Table:
    """What the door knows of a campaign.

    `links`: where each leads; `dropped`: numbers of links that led somewhere once. `individual`: it may be told whose
    message it was, else counts only. `web`: a click carries a token on to the controller's own site. `controller`: the
    controller's id as text, nothing for a campaign that is none of ours.
    """

    links: Mapping[int, str] = field(default_factory=dict)
    dropped: frozenset[int] = frozenset()
    individual: bool = True
    web: bool = False
    controller: str = ""


Loader = Callable[[int], Table]


class LinksAway(Fault):
    """The table of a campaign is not in memory, and the database cannot be asked now."""


@dataclass(slots=True)
class _Entry:
    table: Table
    fetched: float


class LinkTables:
    """The link tables last used, at most MAX_CAMPAIGNS. Safe to share between threads."""

    def __init__(self, load: Loader, *, capacity: int = MAX_CAMPAIGNS) -> None:
        self._load = load
        self._capacity = capacity
        self._entries: OrderedDict[int, _Entry] = OrderedDict()
        self._lock = threading.Lock()
        self._loading = threading.Lock()
        self._paused_until = 0.0

    def table(self, campaign_no: int, link: int | None = None) -> Table:
        """What is known of a campaign; asked again soon when the link is not in it, which may have come a moment ago.

        Raises LinksAway when that cannot be told now.
        """
        now = time.monotonic()
        entry = self._known(campaign_no)
        if entry is None:
            return self._fetch(campaign_no, now).table
        age = now - entry.fetched
        if age > FRESH_SECONDS or (link is not None and link not in entry.table.links and age > ABSENT_SECONDS):
            return self._refresh(campaign_no, entry, now).table
        return entry.table

    def glance(self, campaign_no: int) -> Table | None:
        """What is known of a campaign without waiting for anything or anybody; None when nothing is."""
        entry = self._known(campaign_no)
        now = time.monotonic()
        if entry is not None and now - entry.fetched <= FRESH_SECONDS:
            return entry.table
        if now < self._paused_until or not self._loading.acquire(blocking=False):
            return entry.table if entry else None
        try:
            return self._fetch_alone(campaign_no, now).table
        except LinksAway:
            return entry.table if entry else None
        finally:
            self._loading.release()

    def _known(self, campaign_no: int) -> _Entry | None:
        with self._lock:
            entry = self._entries.get(campaign_no)
            if entry is not None:
                self._entries.move_to_end(campaign_no)
            return entry

    def _refresh(self, campaign_no: int, entry: _Entry, now: float) -> _Entry:
        """Fetch again; one thread does, the others and a database that is away leave the old table in use."""
        if not self._loading.acquire(blocking=False):
            return entry
        try:
            return self._fetch_alone(campaign_no, now)
        except LinksAway:
            return entry
        finally:
            self._loading.release()

    def _fetch(self, campaign_no: int, now: float) -> _Entry:
        with self._loading:
            entry = self._known(campaign_no)
            return entry if entry is not None else self._fetch_alone(campaign_no, now)

    def _fetch_alone(self, campaign_no: int, now: float) -> _Entry:
        """Ask the database. Called with the loading lock held."""
        if now < self._paused_until:
            raise LinksAway("The database did not answer a moment ago.", remedy="The next request asks again.")
        try:
            entry = _Entry(self._load(campaign_no), now)
        except (psycopg.Error, OSError) as error:
            self._paused_until = time.monotonic() + PAUSE_SECONDS
            raise LinksAway(
                "The database does not answer.", remedy="Look at the database; the door goes on."
            ) from error
        with self._lock:
            self._entries[campaign_no] = entry
            while len(self._entries) > self._capacity:
                self._entries.popitem(last=False)
        return entry


class DatabaseLinks:
    """Loads link tables over one kept connection, as the application's role, within the controller's scope.

    Called by one thread at a time. An unknown campaign has an empty table.
    """

    def __init__(self, conninfo: str) -> None:
        self._conninfo = conninfo
        self._connection: psycopg.Connection[Any] | None = None

    def __call__(self, campaign_no: int) -> Table:
        if not -(2**63) <= campaign_no < 2**63:
            return Table()
        try:
            return self._load(self._connected(), campaign_no)
        except psycopg.OperationalError:
            # The kept connection may have died with the server long ago: once more over a fresh one.
            self.close()
            return self._load(self._connected(), campaign_no)

    def close(self) -> None:
        """Let go of the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _connected(self) -> psycopg.Connection[Any]:
        if self._connection is None or self._connection.closed:
            self._connection = psycopg.connect(
                self._conninfo,
                connect_timeout=3,
                application_name="mandata-door",
                prepare_threshold=None,
            )
        return self._connection

    @staticmethod
    def _load(connection: psycopg.Connection[Any], campaign_no: int) -> Table:
        with connection.transaction():
            # Within the transaction, because a pooler in transaction mode gives the connection to others in between.
            connection.execute(_PATIENCE)
            found = connection.execute(_NUMBER, [campaign_no]).fetchone()
            if found is None:
                return Table()
            controller_id, campaign_id = found
            connection.execute(_SCOPE, [str(controller_id)])
            rows = connection.execute(_LINKS, [controller_id, campaign_id]).fetchall()
            chosen = connection.execute(_CHOICES, [controller_id, controller_id, campaign_id]).fetchall()
        return Table(
            links={number: safe for number, url in rows if (safe := location(url)) is not None},
            dropped=frozenset(number for number, url in rows if not url),
            individual=all(individual for individual, _web in chosen),
            web=any(web for _individual, web in chosen),
            controller=str(controller_id),
        )


def location(url: str) -> str | None:
    """The URL as a Location header may carry it: http or https with a host, ASCII only; None for anything else."""
    try:
        parts = urlsplit(url.strip())
        host = parts.hostname
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or not host:
        return None
    if not host.isascii():
        try:
            named = host.encode("idna").decode("ascii")
        except UnicodeError:
            return None
        parts = parts._replace(netloc=parts.netloc.replace(host, named))
    return quote(parts.geturl(), safe=_URL_CHARACTERS)
