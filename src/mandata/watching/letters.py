"""Alarms in words: what is not well, what it means, what to do. For the operator's page and its mails."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from mandata.agreements import selectors as agreements
from mandata.infra.environment import env
from mandata.measures import words as measures


@dataclass(frozen=True, slots=True)
class Words:
    """What an alarm is called, what it means, and what to do about it."""

    title: str
    meaning: str
    remedy: str


_TITLES: Final[dict[str, Promise]] = {
    "worker.missing": gettext_lazy("A worker is missing: %(about)s"),
    "loop.stuck": gettext_lazy("Work stands still: %(about)s"),
    "disk.low": gettext_lazy("A disk is nearly full: %(about)s"),
    "spool.lag": gettext_lazy("Opens and clicks wait to be taken in: %(about)s"),
    "record.lag": gettext_lazy("Entries of the record wait for their place"),
    "returns.lag": gettext_lazy("Returned mail waits to be read"),
    "jobs.lag": gettext_lazy("Jobs wait"),
    "transport.failing": gettext_lazy("A transport fails: %(about)s"),
    "unknown.growing": gettext_lazy("More messages than usual are of unknown outcome"),
    "backup.old": gettext_lazy("The newest backup is old"),
    "measure.failing": gettext_lazy("A measure does not hold: %(what)s"),
}
_MEANINGS: Final[dict[str, Promise]] = {
    "worker.missing": gettext_lazy("It has not been seen for %(seconds)s s and did not say that it ends."),
    "loop.stuck": gettext_lazy("It last went round %(seconds)s s ago. Why stands in the worker's log (loop.failed)."),
    "disk.low": gettext_lazy("%(free)s of %(size)s MiB are free. A full disk stops sending, and the door refuses."),
    "spool.lag": gettext_lazy(
        "The oldest has waited %(seconds)s s; %(bytes)s bytes wait. Reports lag behind, nothing is lost."
    ),
    "record.lag": gettext_lazy(
        "%(count)s wait, the oldest for %(seconds)s s. They are kept, but no head signs them yet."
    ),
    "returns.lag": gettext_lazy(
        "%(count)s wait, the oldest for %(seconds)s s. Dead addresses are written to until it is read."
    ),
    "jobs.lag": gettext_lazy(
        "The oldest has waited %(seconds)s s: imports, exports and mails of the system lie still."
    ),
    "transport.failing": gettext_lazy(
        "The last look found: %(trouble)s. Other transports take over where there are any."
    ),
    "unknown.growing": gettext_lazy(
        "%(count)s within a quarter of an hour: connections break after the content was handed over."
    ),
    "measure.failing": gettext_lazy("%(why)s Every controller whose agreement names the measure is owed its mending."),
    "backup.old": gettext_lazy("It is %(seconds)s s old, more than twice what MANDATA_BACKUP_HOURS asks for."),
}
_REMEDIES: Final[dict[str, Promise]] = {
    "worker.missing": gettext_lazy(
        "Start it again with `mandata up` or `mandata worker`; what it had in hand is taken over."
    ),
    "loop.stuck": gettext_lazy(
        "Mend what the log names (most often a database or a disk); the loop tries again by itself."
    ),
    "disk.low": gettext_lazy("Make room, or move the folder to a larger disk."),
    "spool.lag": gettext_lazy("See that a worker runs on this host and that the database answers."),
    "record.lag": gettext_lazy("See that a worker runs and that the outside log can be written."),
    "returns.lag": gettext_lazy("See that a worker runs and what its log says of returned mail."),
    "jobs.lag": gettext_lazy("Run more workers, or more at the same time (`mandata worker --concurrency`)."),
    "transport.failing": gettext_lazy("Look at the transport's page; pause it there while it is mended."),
    "unknown.growing": gettext_lazy(
        "Look at the transport and the network on the way to it; members decide about each message."
    ),
    "measure.failing": gettext_lazy("%(mend)s Then look again on the page of measures."),
    "backup.old": gettext_lazy("See what the log says of backups, and that the store answers (`mandata backup`)."),
}
CODES: Final = tuple(_TITLES)


def words(code: str, about: str, evidence: Mapping[str, Any]) -> Words:
    """Return an alarm in the active language."""
    values = {"about": about, **_figures(evidence), **(_measure(about, evidence) if code == "measure.failing" else {})}
    return Words(*(str(part[code]) % values for part in (_TITLES, _MEANINGS, _REMEDIES)))


def _measure(check: str, evidence: Mapping[str, Any]) -> dict[str, str]:
    """What does not hold, why, and what mends it: `check` is a check's code, or "owner:" and a measure's."""
    known = {row.code: row.words for row in agreements.measures()}
    own = check.removeprefix("owner:")
    what = known.get(own, own) if own != check else measures.CHECKS.get(check, check)
    why, mend = measures.REASONS.get(str(evidence.get("reason")), measures.REASONS["check_fault"])
    return {"what": str(what), "why": str(why), "mend": str(mend)}


def _figures(evidence: Mapping[str, Any]) -> dict[str, Any]:
    sizes = {name: evidence[name] // 2**20 for name in ("free", "size") if name in evidence}
    return {**evidence, **sizes}


def letter(
    code: str,
    about: str,
    evidence: Mapping[str, Any],
    *,
    began_at: datetime,
    over_at: datetime | None,
    language: str,
) -> dict[str, str]:
    """Return subject and text of the mail that tells of an alarm, or that it is over."""
    with override(language):
        said = words(code, about, evidence)
        values = {
            "title": said.title,
            "meaning": said.meaning,
            "remedy": said.remedy,
            "began": f"{began_at:%Y-%m-%d %H:%M} UTC",
            "over": f"{over_at:%Y-%m-%d %H:%M} UTC" if over_at else "",
            "url": f"{env().public_url.rstrip('/')}/operator/",
        }
        if over_at:
            subject = _("Over: %(title)s") % values
            text = _("It is over.\n\n%(title)s\nNoticed %(began)s, over %(over)s.\n\n%(url)s\n") % values
        else:
            subject = _("Not well: %(title)s") % values
            text = _("%(title)s\n\n%(meaning)s\n%(remedy)s\n\nNoticed %(began)s.\n%(url)s\n") % values
    return {"subject": subject, "text": text}
