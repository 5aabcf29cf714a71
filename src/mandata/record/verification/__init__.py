"""`mandata verify`: recompute the log from its rows and compare with everything that was signed.

What is found is named: a changed entry, a row removed or put in, a place given twice or left out, a head that was
signed over something else, an inner node that does not follow, a payload that does not open to its commitment, a
log that is shorter than a head in the installation's log, in somebody's hands, or under a time-stamp.

It reads in batches and remembers nothing of them, so its memory is the same for any length of log; and everything
under one snapshot, so the sequencer may go on beside it.
"""

from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from mandata.infra import bulk
from mandata.infra.tenancy import INSTANCE, scope
from mandata.record import published
from mandata.record.snapshot import snapshot
from mandata.record.verification import payloads, pending, tree, witnesses
from mandata.record.verification.verdict import Verdict

__all__ = ["Verdict", "known_logs", "verify", "verify_all"]


def verify(log: UUID, key: Ed25519PublicKey, certificates: bytes = b"") -> Verdict:
    """Recompute one log and compare it with its leaves, nodes, signed heads, payloads, receipts and stamps.

    `certificates`: PEM of the time-stamping authority; without it only what a stamp is over is compared.
    """
    verdict = Verdict(log)
    with snapshot(), scope(log):
        tree.compare(verdict, key)
        pending.compare(verdict)
        payloads.compare_strays(verdict)
        witnesses.compare_receipts(verdict)
        witnesses.compare_stamps(verdict, certificates)
    return verdict


def known_logs() -> list[UUID]:
    """Return every log of which the record's tables have a row, in any scope, and every controller's that ever had a
    head in the installation's log."""
    with scope(INSTANCE):
        found = bulk.execute("select record_logs()", [])
        kinds = "select distinct subject from record_entry where kind = 'record.head' and subject is not null"
        logs = {log for (log,) in [*found, *bulk.execute(kinds, [])]}
        return sorted((logs | published.named_in_bodies()) - {INSTANCE})


def verify_all(logs: list[UUID], key: Ed25519PublicKey, certificates: bytes = b"") -> list[Verdict]:
    """Verify the given controllers' logs and the installation's, whose entries must agree with theirs."""
    with snapshot():
        instance = verify(INSTANCE, key, certificates)
        verdicts = []
        for log in logs:
            verdict = verify(log, key, certificates)
            witnesses.compare_published(verdict)
            verdicts.append(verdict)
    return [*verdicts, instance]
