"""`mandata verify`: recompute the log from its rows and compare with everything that was signed.

What is found is named: a changed entry, a row removed or put in, a place given twice or left out, a head that was
signed over
something else, an inner node that does not follow, a log that is shorter than a head in the installation's log.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from mandata.foundation import canonical, merkle
from mandata.infra.tenancy import INSTANCE, scope
from mandata.record import rules, selectors
from mandata.record.models import Entry, Head, Leaf, Node, Pending
from mandata.record.rules import Finding


@dataclass(slots=True)
class Verdict:
    """What a verification found: the log, its length, the root recomputed, and the findings (none is good)."""

    log: UUID
    size: int = 0
    root: bytes = merkle.EMPTY_ROOT
    heads: int = 0
    waiting: int = 0
    roots: dict[int, bytes] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        """Whether nothing was found."""
        return not self.findings


def verify(log: UUID, key: Ed25519PublicKey) -> Verdict:
    """Recompute one log under one snapshot and compare it with its leaves, nodes and signed heads."""
    verdict = Verdict(log)
    with scope(log):
        _walk(verdict)
        _compare_heads(verdict, key)
        _compare_nodes(verdict)
        _compare_entries(verdict)
    return verdict


def known_logs() -> list[UUID]:
    """Return the log of every controller that ever had a head in the installation's log, or has entries that wait."""
    waiting = Pending.objects.exclude(controller_id=INSTANCE).values_list("controller_id", flat=True)
    return sorted({log for log, _size, _root in _published()} | set(waiting))


def verify_all(logs: list[UUID], key: Ed25519PublicKey) -> list[Verdict]:
    """Verify the given controllers' logs and the installation's, whose entries must agree with theirs."""
    verdicts = [verify(log, key) for log in logs]
    instance = verify(INSTANCE, key)
    by_log = {verdict.log: verdict for verdict in verdicts}
    for log, size, root in _published():
        if log in by_log:
            _compare_published(by_log[log], size, root)
    return [*verdicts, instance]


def _walk(verdict: Verdict) -> None:
    """Recompute every leaf hash, and the root at each size for which a head was signed."""
    wanted = set(Head.objects.values_list("size", flat=True))
    frontier = merkle.Frontier()
    for index, stored, entry in selectors.in_order():
        if index != frontier.size:
            _find(verdict, f"leaf {frontier.size}", "is missing")
            break
        for what in _faults(verdict.log, stored, entry):
            _find(verdict, f"leaf {index}" + (f", entry {entry.id}" if entry else ""), what)
        frontier.append(merkle.leaf_hash(bytes(entry.leaf)) if entry else stored)
        if frontier.size in wanted:
            verdict.roots[frontier.size] = frontier.root()
    verdict.size, verdict.root = frontier.size, frontier.root()


def _faults(log: UUID, stored: bytes, entry: Entry | None) -> Iterator[str]:
    if entry is None:
        yield "the entry's row is gone"
        return
    leaf = bytes(entry.leaf)
    if merkle.leaf_hash(leaf) != stored:
        yield "the entry was changed after it got its place"
    try:
        content = canonical.loads(leaf)
        told = (content["log"], content["id"], content["at"], content["kind"], content["subject"])
    except (ValueError, KeyError):
        yield "the entry's bytes are no leaf"
        return
    subject = str(entry.subject) if entry.subject else None
    if told != (str(log), str(entry.id), canonical.instant(entry.at), entry.kind, subject):
        yield "the columns beside the leaf tell something else"


def _compare_heads(verdict: Verdict, key: Ed25519PublicKey) -> None:
    for head in Head.objects.order_by("size").iterator():
        verdict.heads += 1
        where = f"head {head.size}"
        try:
            told = rules.read_head(key, head.note)
        except ValueError as fault:
            _find(verdict, where, f"the signed note cannot be trusted: {fault}")
            continue
        if told != (rules.origin(verdict.log), head.size, bytes(head.root)):
            _find(verdict, where, "the columns beside the note tell something else")
        if head.size not in verdict.roots:
            _find(verdict, where, f"the log has {verdict.size} entries, fewer than were signed for")
        elif verdict.roots[head.size] != told[2]:
            _find(verdict, where, "the log's root is not the one that was signed")
    if verdict.size and verdict.size not in verdict.roots:
        _find(verdict, f"leaf {verdict.size - 1}", "has a place for which no head was signed")


def _compare_nodes(verdict: Verdict) -> None:
    frontier, stored = merkle.Frontier(), Node.objects.count()
    expected = 0
    batch: dict[tuple[int, int], bytes] = {}

    def compare() -> None:
        levels = {level for level, _ in batch}
        found: dict[tuple[int, int], bytes] = {}
        for level in levels:
            indices = [index for at, index in batch if at == level]
            rows = Node.objects.filter(level=level, index__in=indices).values_list("index", "hash")
            found.update({(level, index): bytes(node) for index, node in rows})
        for place, node in batch.items():
            if found.get(place) != node:
                _find(verdict, f"node {place[0]}/{place[1]}", "does not follow from the leaves below it")
        batch.clear()

    for leaf in Leaf.objects.order_by("index").values_list("hash", flat=True).iterator(chunk_size=5_000):
        for level, index, node in frontier.append(bytes(leaf)):
            batch[(level, index)] = node
            expected += 1
        if len(batch) >= 5_000:
            compare()
    compare()
    if stored != expected:
        _find(verdict, "nodes", f"there are {stored}, and {expected} follow from the leaves")


def _compare_entries(verdict: Verdict) -> None:
    """Every entry has a place or waits for one; nothing waits that does not exist."""
    pending = set(Pending.objects.filter(controller_id=verdict.log).values_list("entry", flat=True))
    verdict.waiting = len(pending)
    for entry in selectors.unplaced().values_list("id", flat=True).iterator():
        if entry not in pending:
            _find(verdict, f"entry {entry}", "has no place in the log and does not wait for one")
        pending.discard(entry)
    for entry in pending:
        _find(verdict, f"entry {entry}", "waits for its place, but its row is gone or already placed")


def _published() -> list[tuple[UUID, int, bytes]]:
    with scope(INSTANCE):
        rows = Entry.objects.filter(kind="record.head").order_by("id").values_list("leaf", flat=True)
        bodies = [canonical.loads(bytes(leaf))["body"] for leaf in rows.iterator()]
    return [(UUID(body["log"]), body["size"], bytes.fromhex(body["root"])) for body in bodies]


def _compare_published(verdict: Verdict, size: int, root: bytes) -> None:
    if size > verdict.size:
        _find(verdict, f"head {size}", f"was published, but the log has only {verdict.size} entries")
    elif verdict.roots.get(size) != root:
        _find(verdict, f"head {size}", "was published over another root, or its row is gone")


def _find(verdict: Verdict, where: str, what: str) -> None:
    verdict.findings.append(Finding(verdict.log, where, what))
