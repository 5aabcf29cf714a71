"""What a reading says: held or failed, the reason as a code, the figures behind it. Pure: a reading and an instant in,
a verdict out. What could not be looked at has failed: no measure is called held that nobody looked at.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

HELD: Final = "held"
FAILED: Final = "failed"
ABSENT: Final = "absent"
AS_IT_SHOULD: Final = "as_it_should"
Figures = dict[str, object]

CERTIFICATE_LEFT: Final = timedelta(days=14)
KEY_GRACE: Final = timedelta(days=1)
CLOCK: Final = timedelta(seconds=2)
DISK: Final = 0.10
LOCK_AGE: Final = timedelta(days=90)
ADVISORIES_AGE: Final = timedelta(days=30)
SIGNATURES_AGE: Final = timedelta(days=7)
ARGON_MEMORY: Final = 19 * 1024
"""KiB that a password's hash costs at least, with two rounds (OWASP's floor for Argon2id)."""
ARGON_TIME: Final = 2
TRIES: Final = 10
"""After so many wrong passwords within five minutes at the latest, the right one opens nothing either."""
ROUNDS_AGE: Final = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome of a check: HELD, FAILED, or ABSENT where nothing is configured that could be looked at."""

    outcome: str
    reason: str
    figures: Figures = field(default_factory=dict)


def held(reason: str = AS_IT_SHOULD, /, **figures: object) -> Verdict:
    """A verdict that the check holds."""
    return Verdict(HELD, reason, figures)


def failed(reason: str, /, **figures: object) -> Verdict:
    """A verdict that it does not."""
    return Verdict(FAILED, reason, figures)


@dataclass(frozen=True, slots=True)
class Wire:
    """One place reached over the network. ``state``: tls, plain, plain_here (without TLS, at an address of this machine
    alone), away (nobody answers), untrusted (its certificate), loopback (carries nothing over a wire: not looked at).
    ``version`` such as "TLSv1.3"; ``until``: the certificate's last instant."""

    place: str
    state: str
    version: str = ""
    until: datetime | None = None


_FLAWS: Final = (
    ("away", "nobody_answers"), ("plain", "no_tls"), ("untrusted", "certificate_untrusted"),
    ("plain_here", "no_tls_here"),
)  # fmt: skip


def wires(read: Sequence[Wire], at: datetime) -> Verdict:
    """Every place that others can reach answers with TLS 1.2 or newer and a certificate that holds for another two
    weeks. Where there is none, nothing was looked at, and nothing is said to hold."""
    if not read:
        return Verdict(ABSENT, "nothing_configured")
    if all(one.state == "loopback" for one in read):
        return Verdict(ABSENT, "loopback_only", {"places": {one.place: one.state for one in read}})
    soonest = min((one.until for one in read if one.until is not None), default=None)
    figures: Figures = {"places": {one.place: one.version or one.state for one in read}}
    if soonest is not None:
        figures["days_left"] = (soonest - at).days
    for state, reason in _FLAWS:
        if bad := [one.place for one in read if one.state == state]:
            return failed(reason, **figures, at=bad[0])
    if old := [one.place for one in read if one.state == "tls" and one.version not in ("TLSv1.2", "TLSv1.3")]:
        return failed("tls_old", **figures, at=old[0])
    if soonest is not None and soonest - at < CERTIFICATE_LEFT:
        return failed("certificate_ends", **figures)
    return held(AS_IT_SHOULD, **figures)


@dataclass(frozen=True, slots=True)
class Page:
    """An own page as a browser gets it: its headers by lower-case name, its cookies' attributes in lower case."""

    reached: bool
    secure: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)
    cookies: tuple[str, ...] = ()


def page(read: Page) -> Verdict:
    """Scripts of our own only, no guessing of types, no framing, little told to others; over TLS: only over TLS."""
    if not read.reached:
        return failed("nobody_answers")
    policy = read.headers.get("content-security-policy", "")
    flaws = []
    if "default-src 'self'" not in policy or "unsafe-" in policy.split("style-src")[0] or "*" in policy:
        flaws.append("content-security-policy")
    if read.headers.get("x-content-type-options", "").lower() != "nosniff":
        flaws.append("x-content-type-options")
    if "frame-ancestors" not in policy and not read.headers.get("x-frame-options"):
        flaws.append("frame-ancestors")
    if not read.headers.get("referrer-policy"):
        flaws.append("referrer-policy")
    if read.secure and _age(read.headers.get("strict-transport-security", "")) < 180 * 86_400:
        flaws.append("strict-transport-security")
    for cookie in read.cookies:
        if "samesite" not in cookie or (read.secure and "secure" not in cookie):
            flaws.append("cookies")
            break
    return failed("headers_missing", missing=flaws) if flaws else held(headers=len(read.headers))


def _age(header: str) -> int:
    parts = [part.strip() for part in header.lower().split(";")]
    told = next((part.removeprefix("max-age=") for part in parts if part.startswith("max-age=")), "0")
    return int(told) if told.isdigit() else 0


@dataclass(frozen=True, slots=True)
class Walls:
    """What came of trying to reach another controller's rows as the application's role. ``tried``: tables; ``proven``:
    those that really held rows of the other; ``leaked``: tables that gave, took or changed one; ``bare``: tables with
    a controller's rows without Row-Level Security; ``mighty``: the role may pass the walls by."""

    tried: int
    proven: int
    leaked: tuple[str, ...] = ()
    bare: tuple[str, ...] = ()
    mighty: bool = False


def walls(read: Walls) -> Verdict:
    """Nothing of another controller is read, changed or put in."""
    figures: Figures = {"tables": read.tried, "with_rows_of_others": read.proven}
    if read.mighty:
        return failed("role_bypasses", **figures)
    if read.leaked:
        return failed("rows_of_others", **figures, leaked=list(read.leaked[:10]))
    if read.bare:
        return failed("no_wall", **figures, bare=list(read.bare[:10]))
    return held(AS_IT_SHOULD, **figures) if read.tried else failed("nothing_tried", **figures)


@dataclass(frozen=True, slots=True)
class Bytes:
    """How often known identities were found in clear in the stored rows, by table."""

    identities: int
    tables: int
    rows: int
    found: Mapping[str, int] = field(default_factory=dict)


def stored(read: Bytes) -> Verdict:
    """No known identity lies readable in a row."""
    figures: Figures = {"identities": read.identities, "tables": read.tables, "rows": read.rows}
    if any(read.found.values()):
        return failed("identity_in_clear", **figures, found={name: n for name, n in read.found.items() if n})
    return held("none_kept_yet" if not read.identities else AS_IT_SHOULD, **figures)


@dataclass(frozen=True, slots=True)
class Keys:
    """How the controllers' epochs stand; see `vault.selectors.Turns`. ``closed``: controllers whose key is missing."""

    living: int
    oldest_at: datetime | None
    left: int
    uncopied: int
    copies_wanted: bool
    closed: int = 0


def keys(read: Keys, epoch: timedelta, at: datetime) -> Verdict:
    """No key in use is older than an epoch, each is there, and recovery copies have it where there are to be some."""
    days = (at - read.oldest_at).days if read.oldest_at else 0
    figures: Figures = {"keys": read.living, "oldest_days": days, "left": read.left, "uncopied": read.uncopied}
    if read.closed:
        return failed("key_missing", **figures, closed=read.closed)
    if read.oldest_at is not None and at - read.oldest_at > epoch + KEY_GRACE:
        return failed("key_old", **figures)
    if read.copies_wanted and read.uncopied:
        return failed("key_uncopied", **figures)
    return held(AS_IT_SHOULD, **figures)


def backups(newest: datetime | None, every: timedelta | None, at: datetime) -> Verdict:
    """The newest whole backup is not older than twice the time after which one is taken. ``every`` None: no store."""
    if every is None:
        return failed("no_store")
    if newest is None:
        return failed("no_backup")
    hours = round((at - newest).total_seconds() / 3600, 1)
    return held(hours=hours) if at - newest <= 2 * every else failed("backup_old", hours=hours)


@dataclass(frozen=True, slots=True)
class Apart:
    """Where backups lie: ``place`` is bucket, disk (another one), same (the installation's own disk) or none;
    ``encrypted`` of ``looked`` objects begin as age's do."""

    place: str
    looked: int = 0
    encrypted: int = 0


def apart(read: Apart) -> Verdict:
    """Backups lie elsewhere, and what lies there is encrypted."""
    figures: Figures = {"place": read.place, "looked": read.looked, "encrypted": read.encrypted}
    if read.place == "none":
        return failed("no_store")
    if read.place == "away":
        return failed("store_away")
    if read.encrypted < read.looked:
        return failed("backup_in_clear", **figures)
    if read.place == "same":
        return failed("same_disk", **figures)
    return held(AS_IT_SHOULD, **figures) if read.looked else failed("no_backup", **figures)


def drill(last: datetime | None, good: bool, every: timedelta, at: datetime) -> Verdict:
    """A restore was practised lately, and everything agreed."""
    if last is None:
        return failed("no_drill")
    days = (at - last).days
    if not good:
        return failed("drill_failed", days=days)
    return held(days=days) if at - last <= every + every / 2 else failed("drill_old", days=days)


@dataclass(frozen=True, slots=True)
class Roots:
    """Logs recomputed from their entries: how many, entries in all, those that differ from their signed head, those
    that differ from the head in the outside log (a second copy), and how many of these there were."""

    logs: int
    entries: int
    wrong: int = 0
    copies: int = 0
    differ: int = 0


def roots(read: Roots) -> Verdict:
    """Each log's root, computed anew, is the one that its head signs and that the second copy holds."""
    figures: Figures = {"logs": read.logs, "entries": read.entries, "second_copies": read.copies}
    if read.wrong:
        return failed("root_differs", **figures, wrong=read.wrong)
    if read.differ:
        return failed("copy_differs", **figures, differ=read.differ)
    return held(AS_IT_SHOULD, **figures) if read.logs else failed("nothing_tried", **figures)


@dataclass(frozen=True, slots=True)
class Entrance:
    """What came of trying to log in at a probe account: did the right password open it at first, after how many wrong
    ones did the right one open nothing any more (None: it always did)."""

    opened: bool
    shut_after: int | None


def entrance(read: Entrance) -> Verdict:
    """Failed log-ins shut an account for a while."""
    if not read.opened:
        return failed("probe_not_opened")
    if read.shut_after is None or read.shut_after > TRIES:
        return failed("never_shut", tries=read.shut_after or TRIES)
    return held(tries=read.shut_after)


@dataclass(frozen=True, slots=True)
class Hashing:
    """How passwords are hashed: the algorithm in use, its memory (KiB) and rounds, stored ones by weaker ways."""

    algorithm: str
    memory: int
    rounds: int
    accounts: int = 0
    weaker: int = 0


def hashing(read: Hashing) -> Verdict:
    """Passwords are hashed by Argon2id with enough memory, those kept already, too."""
    figures: Figures = {
        "algorithm": read.algorithm, "memory_kib": read.memory, "rounds": read.rounds, "accounts": read.accounts,
    }  # fmt: skip
    if read.algorithm != "argon2" or read.memory < ARGON_MEMORY or read.rounds < ARGON_TIME:
        return failed("hash_weak", **figures)
    return failed("hashes_old", **figures, weaker=read.weaker) if read.weaker else held(AS_IT_SHOULD, **figures)


@dataclass(frozen=True, slots=True)
class Tokens:
    """Keys and tokens that open something: how many are kept, how many not as a hash, how many of nobody's."""

    kept: int
    clear: int = 0
    orphans: int = 0


def tokens(read: Tokens) -> Verdict:
    """Every key is kept as a hash and belongs to somebody who is still there."""
    if read.clear:
        return failed("token_in_clear", kept=read.kept, clear=read.clear)
    return failed("token_orphaned", kept=read.kept, orphans=read.orphans) if read.orphans else held(kept=read.kept)


@dataclass(frozen=True, slots=True)
class Erasures:
    """Erasures carried out and looked at: how many, without their entry, entries whose proof does not verify, without
    their line in the outside log."""

    looked: int
    without_entry: int = 0
    unproven: int = 0
    waiting: int = 0
    outside: bool = True


def erasures(read: Erasures) -> Verdict:
    """Every erasure stands in the record, chained to its signed head, and in the log outside the database."""
    figures: Figures = {"looked": read.looked, "waiting": read.waiting}
    if read.without_entry:
        return failed("erasure_unlogged", **figures, missing=read.without_entry)
    if read.unproven:
        return failed("erasure_unchained", **figures, unproven=read.unproven)
    if read.looked and not read.outside:
        return failed("no_outside_log", **figures)
    return held("none_kept_yet" if not read.looked else AS_IT_SHOULD, **figures)


def access_log(*, changeable: bool, rules_ring: bool, waiting: int) -> Verdict:
    """The log of accesses can only be added to, the rules find what was planted before them, and no access waits to be
    judged for long."""
    figures: Figures = {"waiting": waiting}
    if changeable:
        return failed("log_changeable", **figures)
    if not rules_ring:
        return failed("rules_silent", **figures)
    return failed("judging_late", **figures) if waiting else held(AS_IT_SHOULD, **figures)


@dataclass(frozen=True, slots=True)
class Dependencies:
    """What is installed: how many distributions, when the newest was put there, and, where the operator keeps a file of
    advisories, its age and the distributions that it warns of ("name version: id")."""

    installed: int
    newest_at: datetime | None
    advisories_at: datetime | None = None
    warned: tuple[str, ...] = ()


def dependencies(read: Dependencies, at: datetime) -> Verdict:
    """No advisory names what is installed. Without advisories only the age is known, and the verdict says so."""
    days = (at - read.newest_at).days if read.newest_at else None
    figures: Figures = {"installed": read.installed, "newest_days": days}
    if read.advisories_at is None:
        old = read.newest_at is None or at - read.newest_at > LOCK_AGE
        return failed("age_only_old", **figures) if old else held("age_only", **figures)
    figures["advisories_days"] = (at - read.advisories_at).days
    if read.warned:
        return failed("advisory", **figures, warned=list(read.warned[:20]))
    return (
        failed("advisories_old", **figures)
        if at - read.advisories_at > timedelta(days=30)
        else held(AS_IT_SHOULD, **figures)
    )


@dataclass(frozen=True, slots=True)
class Scanner:
    """A scanner of malware: does it answer, does it find the harmless test file, how old are its signatures."""

    configured: bool
    answers: bool = False
    finds: bool = False
    signatures_at: datetime | None = None


def scanner(read: Scanner, at: datetime) -> Verdict:
    """The scanner answers, finds the test file, and its signatures are of this week."""
    if not read.configured:
        return Verdict(ABSENT, "nothing_configured")
    if not read.answers:
        return failed("nobody_answers")
    if not read.finds:
        return failed("scanner_blind")
    days = (at - read.signatures_at).days if read.signatures_at else None
    if read.signatures_at is not None and at - read.signatures_at > SIGNATURES_AGE:
        return failed("signatures_old", days=days)
    return held(days=days)


def clock(skews: Mapping[str, float]) -> Verdict:
    """Our clocks (the database's, those of our own servers) agree within two seconds. Seconds by place."""
    figures: Figures = {"seconds": {name: round(skew, 2) for name, skew in skews.items()}}
    limit = CLOCK.total_seconds()
    late = [name for name, skew in skews.items() if abs(skew) > limit + (1 if name == "console" else 0)]
    return failed("clock_skewed", **figures, at=late[0]) if late else held(AS_IT_SHOULD, **figures)


def disk(free: Mapping[str, float]) -> Verdict:
    """A tenth of every disk that holds one of our folders is free. Shares by folder."""
    figures: Figures = {"free_percent": {name: round(100 * share, 1) for name, share in free.items()}}
    if not free:
        return failed("nothing_tried")
    return failed("disk_low", **figures) if min(free.values()) < DISK else held(AS_IT_SHOULD, **figures)


def people(*, staff: int, without: int, reason: str) -> Verdict:
    """Everybody of the staff has signed, or is trained. ``reason``: why it failed otherwise."""
    if not staff:
        return failed("no_staff", staff=0)
    return failed(reason, staff=staff, without=without) if without else held(staff=staff)


def rounds(last: datetime | None, at: datetime, *, first: bool) -> Verdict:
    """The checks are really run: the round before this one ended within two days; the first has none before it."""
    if last is None:
        return held("first_round") if first else failed("rounds_missing")
    hours = round((at - last).total_seconds() / 3600, 1)
    return held(hours=hours) if at - last <= ROUNDS_AGE else failed("rounds_missing", hours=hours)
