"""What the settings say of backups, and the agreements with them; refused in words where something is missing."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from mandata.agreements import selectors as agreements
from mandata.backups.rules.keeping import Plan
from mandata.backups.services.source import Source
from mandata.foundation.errors import Refused
from mandata.infra import age, stores
from mandata.infra.environment import env
from mandata.infra.postgres import programs
from mandata.vault.ownership import own


@dataclass(frozen=True, slots=True)
class Target:
    """Where backups go and who can open them."""

    place: str
    store: stores.Store
    recipients: list[age.Recipient]


def place() -> str:
    """Return where backups lie; nothing else has to be set to read there. Raises Refused where no store is named."""
    named = env().backup_store
    if not named:
        raise Refused(
            "No store for backups is named.",
            code="backup.store",
            remedy="Set MANDATA_BACKUP_STORE to a folder on another disk, or to s3://bucket/prefix.",
        )
    return named


def target() -> Target:
    """Return where backups go. Raises Refused without a store, without recipients, without recovery recipients;
    Fault where the store belongs to another installation."""
    settings, named = env(), place()
    if not settings.backup_recipients.strip():
        raise Refused(
            "Nobody is named who can open backups, and unencrypted none is written.",
            code="backup.recipients",
            clause="GDPR Art. 32(1)(a)",
            remedy="Make a key with age-keygen, keep it apart, and name its public key in MANDATA_BACKUP_RECIPIENTS.",
        )
    if not settings.recovery_recipients.strip():
        raise Refused(
            "Nobody is named who can recover the keys: without them nobody could read what a backup holds.",
            code="backup.recovery",
            clause="GDPR Art. 32(1)(c)",
            remedy="Make another key with age-keygen, for other hands, and name its public key in "
            "MANDATA_RECOVERY_RECIPIENTS.",
        )
    age.recipients(settings.recovery_recipients)  # a wrong one is told now, not when it is needed
    recipients = age.recipients(settings.backup_recipients)
    return Target(named, own(named), recipients)


def source(superuser: str) -> Source:
    """Return what is backed up: the embedded server as its superuser, or an own one by its backup role.

    Raises Refused for an own server without MANDATA_BACKUP_DATABASE_URL.
    """
    settings = env()
    folder = settings.postgres_programs or programs()
    if superuser:
        return Source(superuser, True, folder)
    if not settings.backup_database_url:
        raise Refused(
            "For an own server no role is named by which it can be backed up.",
            code="backup.role",
            remedy="Set MANDATA_BACKUP_DATABASE_URL to a role with REPLICATION, or with BYPASSRLS for dumps.",
        )
    return Source(settings.backup_database_url, False, folder)


def plan(at: datetime) -> tuple[Plan, agreements.Promise | None]:
    """Return how often what is taken and how long it is kept, and the promise where that is what shortens it."""
    settings = env()
    keep = timedelta(days=settings.backup_days)
    promise = agreements.shortest_promise(at)
    if promise is not None and promise.length < keep:
        keep = promise.length
    else:
        promise = None
    every, full = timedelta(hours=settings.backup_hours), timedelta(days=settings.backup_full_days)
    return Plan(every, full, keep), promise
