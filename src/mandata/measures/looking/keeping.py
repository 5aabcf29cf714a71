"""What is kept, and how: keys, backups, drills, the record's roots, the log of erasures, our own rounds."""

from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Final
from uuid import UUID

from mandata.accounts import selectors as accounts
from mandata.backups import selectors as kept
from mandata.foundation import merkle
from mandata.foundation.errors import Fault
from mandata.holdings import selectors as holdings
from mandata.infra import outside, stores
from mandata.infra.environment import env
from mandata.infra.tenancy import INSTANCE, scope
from mandata.measures.models import Run
from mandata.measures.rules import verdicts
from mandata.measures.rules.verdicts import Apart, Erasures, Keys, Roots, Verdict
from mandata.record import selectors as record
from mandata.record import verification
from mandata.record.signing import signer
from mandata.vault import selectors as vault
from mandata.vault.recovery import configured

LOGS: Final = 4
LONGEST: Final = 100_000
"""Entries of a log that a daily round computes anew; longer ones are for `mandata verify`."""
ERASED: Final = 20
OBJECTS: Final = 3
_AGE: Final = b"age-encryption.org/v1"


def keys(at: datetime) -> Verdict:
    """How the controllers' keys stand: their age, whether each is there, whether copies have them."""
    turns = vault.turns()
    closed = sum(not one.opens for one in islice(vault.standings(), 200))
    read = Keys(turns.living, turns.oldest_at, turns.left, turns.uncopied, configured(), closed)
    return verdicts.keys(read, timedelta(days=env().epoch_days), at)


def backups(at: datetime) -> Verdict:
    """How old the newest whole backup is."""
    taken = [row.finished_at for row in kept.rows() if row.state == "taken" and row.finished_at is not None]
    every = timedelta(hours=env().backup_hours) if env().backup_store else None
    return verdicts.backups(max(taken, default=None), every, at)


def apart(_at: datetime) -> Verdict:
    """Where backups lie, and whether what lies there begins as encrypted files do."""
    url = env().backup_store
    if not url:
        return verdicts.apart(Apart("none"))
    try:
        store = stores.store(url)
        taken = kept.shelf(store).taken
        names = [name for one in taken[-1:] for name in _objects(store, one.id)]
        encrypted = sum(_first(store, name).startswith(_AGE) for name in names)
    except (Fault, OSError):
        return verdicts.apart(Apart("away"))
    return verdicts.apart(Apart(_place(url), len(names), encrypted))


def _objects(store: stores.Store, backup: UUID) -> list[str]:
    """Names of a backup's data, not of its manifest, which is to be read."""
    named = [one.name for one in store.names("backups/") if str(backup) in one.name]
    return [name for name in named if not name.endswith((".json", "manifest"))][:OBJECTS]


def _first(store: stores.Store, name: str) -> bytes:
    return next(iter(store.get(name)), b"")[:64]


def _place(url: str) -> str:
    if url.startswith("s3://"):
        return "bucket"
    return "same" if Path(url).stat().st_dev == env().var.stat().st_dev else "disk"


def drill(at: datetime) -> Verdict:
    """When a restore was last practised, and how it went."""
    last = next((one for one in kept.restores(50) if one.kind == "drill"), None)
    every = timedelta(days=env().drill_days)
    return verdicts.drill(last.began_at if last else None, bool(last and last.held), every, at)


def root(at: datetime) -> Verdict:
    """Compute logs anew from their entries and compare with the signed heads and the outside log. Which ones changes
    from day to day, so that each has its turn."""
    return verdicts.roots(compared([INSTANCE, *_turn(accounts.ids(), at)]))


def _turn(ids: list[UUID], at: datetime) -> list[UUID]:
    start = at.toordinal() * LOGS % max(len(ids), 1)
    return (ids[start:] + ids[:start])[:LOGS]


def compared(logs: list[UUID]) -> Roots:
    """Compare these logs."""
    looked = entries = wrong = copies = differ = 0
    for log in logs:
        with scope(log):
            if record.size() > LONGEST:
                continue
        verdict = verification.verify(log, signer().public_key())
        looked, entries, wrong = looked + 1, entries + verdict.size, wrong + (not verdict.holds)
        agrees = _copy_agrees(log)
        copies, differ = copies + (agrees is not None), differ + (agrees is False)
    return Roots(looked, entries, wrong, copies, differ)


def _copy_agrees(log: UUID) -> bool | None:
    """Whether the newest head that the outside log tells of is the one in the database; None where it tells of none."""
    line = outside.newest("record.placed", log)
    if line is None:
        return None
    size = int(line.body["start"]) + len(line.body["entries"])
    with scope(log):
        known = next((one for one in record.heads(1, before=size + 1) if one.size == size), None)
    return known is not None and known.note == line.body.get("note")


def erasures(_at: datetime) -> Verdict:
    """Follow the newest erasures into the record: entry, proof under the signed head; and the outside log."""
    looked = without = unproven = waiting = 0
    for controller in accounts.newest(LOGS):
        with scope(controller):
            for one in holdings.erasures(ERASED):
                looked += 1
                proof = holdings.certificate(one.id)
                if proof.entry is None:
                    without += 1
                elif proof.index is None:
                    waiting += 1
                else:
                    unproven += not _proven(proof)
    return verdicts.erasures(Erasures(looked, without, unproven, waiting, env().outside_folder.is_dir()))


def _proven(proof: holdings.Certificate) -> bool:
    assert proof.entry is not None
    assert proof.index is not None
    path = [bytes.fromhex(one) for one in proof.proof]
    leaf = merkle.leaf_hash(record.leaf(proof.entry))
    return merkle.verify_inclusion(leaf, proof.index, proof.size, path, bytes.fromhex(proof.root))


def rounds(at: datetime) -> Verdict:
    """When the last whole round before this one ended."""
    ended = Run.objects.filter(state="ended").order_by("-ended_at").values_list("ended_at", flat=True).first()
    return verdicts.rounds(ended, at, first=Run.objects.count() <= 1)
