#!/usr/bin/env python3
"""Verify a pack of Mandata's record: python3 verify.py [PACK.zip or folder] [--head NOTE]... [--key PEM] [--json]

Needs Python 3.11 with its standard library and the program openssl 3, no network. Exit code 0: everything holds; 1:
something does not, and is named; 2: this is no pack. --head: the note of a head that you were handed earlier; the pack
must lead to it. --key: the key that you know the record to be signed with; without it, compare the fingerprint.
"""

import argparse
import base64
import hashlib
import json
import re
import ssl
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

INSTANCE, MOST = "00000000-0000-0000-0000-000000000000", 100  # so many findings are told
FAULTS = (LookupError, TypeError, ValueError, OSError, zipfile.BadZipFile)
Heads = dict[int, tuple[bytes, str]]  # size: root, instant
LISTS = {  # kind of entry: the list of an evidence pack that is to tell of the same thing, and its name in the body
    "obligation.opened": ("obligations.ndjson", "obligation"), "staff.access_opened": ("accesses.ndjson", "access"),
    "audit.requested": ("audits.ndjson", "audit"), "assistance.asked": ("requests.ndjson", "id"),
}  # fmt: skip


def sha(*parts: bytes) -> bytes:  # b"\0" goes before a leaf, b"\1" before the children of a node (RFC 6962)
    return hashlib.sha256(b"".join(parts)).digest()


def fold(parts: list[bytes]) -> bytes:  # the root over perfect subtrees, largest first
    root = parts[-1] if parts else sha()
    for left in reversed(parts[:-1]):
        root = sha(b"\1", left, root)
    return root


def climb(position: int, last: int, proof: list[str], now: bytes, before: bytes = b"") -> tuple[bytes, bytes]:
    for sibling in map(bytes.fromhex, proof):  # RFC 9162, 2.1.3.2 and 2.1.4.2: the newer root and the older
        if last and (position & 1 or position == last):
            before, now = sha(b"\1", sibling, before), sha(b"\1", sibling, now)
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            now = sha(b"\1", now, sibling) if last else b""
        position, last = position >> 1, last >> 1
    return (b"", b"") if last else (now, before)


def consistent(old: int, new: int, proof: list[str], heads: Heads) -> bool:
    proof = proof if old & (old - 1) else [heads[old][0].hex(), *proof]
    position, last, start = old - 1, new - 1, bytes.fromhex(proof[0] if proof else "")
    while position & 1:
        position, last = position >> 1, last >> 1
    return climb(position, last, proof[1:], start, start) == (heads[new][0], heads[old][0])


def openssl(*arguments: str, **files: bytes) -> "subprocess.CompletedProcess[str]":
    with tempfile.TemporaryDirectory() as folder:
        for name, data in files.items():
            (Path(folder) / name).write_bytes(data)
        return subprocess.run(["openssl", *arguments], cwd=folder, capture_output=True, text=True, timeout=60)


class Pack:
    def __init__(self, place: str, key: bytes | None) -> None:
        packed, self.findings, self.leaves = Path(place).is_file(), list[dict[str, str]](), 0
        self.folder: Any = zipfile.Path(place) if packed else Path(place)
        names = zipfile.ZipFile(place).namelist() if packed else map(str, Path(place).rglob("*"))
        self.names = {name.removeprefix(f"{place}/") for name in names if (self.folder / name).is_file()}
        self.read: Any = lambda name: (self.folder / name).read_bytes()
        self.manifest = json.loads(self.read("manifest.json"))
        self.log, self.first, self.last = (self.manifest[name] for name in ("log", "first", "last"))
        self.pem = key or self.read("key.pem")
        self.raw = base64.b64decode(b"".join(self.pem.split(b"-----")[2].split()))[-32:]

    def find(self, where: str, what: str) -> None:
        self.findings += [{"where": where, "what": what}] if len(self.findings) < MOST else []

    def note(self, where: str, data: bytes, name: str) -> list[str]:  # a signed note (C2SP), empty if it does not hold
        text, _, signature = data.decode().partition("\n\n")
        signed = base64.b64decode((signature.split() or [""])[-1])
        check = ("pkeyutl", "-verify", "-pubin", "-inkey", "key", "-rawin", "-in", "text", "-sigfile", "signature")
        fault = "" if text.split("\n")[0] == name else f"is not of {name}"
        fault = fault or "is signed by another key" * (signed[:4] != sha(name.encode(), b"\n\1", self.raw)[:4])
        if not fault and openssl(*check, key=self.pem, text=(text + "\n").encode(), signature=signed[4:]).returncode:
            fault = "the signature does not hold"
        self.findings += [{"where": where, "what": fault}] if fault else []
        return [] if fault else text.split("\n")

    def heads(self, kind: str, log: str, notes: dict[int, bytes]) -> Heads:  # those that hold; -1 stands for any size
        told = Heads()
        for size, lines in [(size, self.note(f"{kind} {size}", notes[size], f"mandata/{log}")) for size in notes]:
            if lines and size not in (int(lines[1]), -1):
                self.find(f"{kind} {size}", f"its note is of size {lines[1]}")
            elif lines:
                told[int(lines[1])] = (base64.b64decode(lines[2]), lines[3])
        return told

    def verify(self, handed: list[bytes]) -> None:
        self.files(self.manifest["files"])
        heads = self.heads("head", self.log, {n: self.read(f"heads/{n}.note") for n in self.manifest["heads"]})
        for size, told in [one for data in handed for one in self.heads("handed head", self.log, {-1: data}).items()]:
            if not max(self.first, 1) <= size <= self.last:
                self.find(f"head {size}", f"was handed to you and is not in this pack ({self.first} to {self.last})")
            elif heads.setdefault(size, told)[0] != told[0]:
                self.find(f"head {size}", "was handed to you with another root")
        since, until = self.manifest["since"], self.manifest["until"] if not self.manifest["newest"] else ""
        if heads.get(self.first, (b"", since))[1] > since or heads.get(self.last, (b"", until))[1] < until:
            self.find("period", f"is not covered by the heads from {self.first} to {self.last}")
        self.tree(heads)
        self.lists()
        self.instance(heads)

    def files(self, known: dict[str, str]) -> None:  # every file as the signed manifest knows it, and no other
        lines = self.note("manifest", self.read("manifest.note"), f"mandata/{self.log}/pack")
        if lines and base64.b64decode(lines[1]) != sha(self.read("manifest.json")):
            self.find("manifest", "is not the one that was signed")
        for name in sorted((self.names | set(known)) - {"manifest.json", "manifest.note"}):
            if name not in self.names or name not in known:
                self.find(name, "is missing from the pack" if name in known else "was put into the pack later")
            elif hashlib.file_digest((self.folder / name).open("rb"), "sha256").hexdigest() != known[name]:
                self.find(name, "is not the file that was packed")

    def tree(self, heads: Heads) -> None:  # rebuilt over all leaves; the hashes beside them name the one that differs
        parts, size, before, same = list(map(bytes.fromhex, self.manifest["frontier"])), self.first, self.first, True
        if size in heads and fold(parts) != heads[size][0]:
            self.find(f"head {size}", "is not over the frontier from which the pack goes on")
        with (self.folder / "leaves.ndjson").open("rb") as lines, (self.folder / "hashes.bin").open("rb") as hashes:
            while known := hashes.read(32):
                was, same = same, sha(b"\0", lines.readline().rstrip(b"\n")) == known
                if was and not same:
                    self.find(f"leaf {size}", "was changed or removed, or something was put in before it")
                parts, size = [*parts, known], size + 1
                for _ in range((size & -size).bit_length() - 1):
                    parts[-2:] = [sha(b"\1", *parts[-2:])]
                if size in heads:
                    if fold(parts) != heads[size][0]:
                        self.find(f"head {size}", f"is not over the leaves from {before} to {size - 1}")
                    before = size
            if size != self.last or lines.readline():
                self.find(f"leaf {size}", f"the leaves do not end where they should, at {self.last}")
        self.leaves, ends = size - self.first, {self.first, self.last} & set(heads)
        if len(ends) == 2 and not consistent(self.first, self.last, self.manifest["consistency"], heads):
            self.find(f"head {self.first}", f"is not proven to be a prefix of head {self.last}")

    def lists(self) -> None:  # in a pack of evidence, whatever the leaves tell of stands in its list
        if "documents/index.json" not in self.names:
            return
        known = {kind: self.read(f"documents/{name}").splitlines() for kind, (name, _) in LISTS.items()}
        listed = {kind: {json.loads(line)["id"] for line in lines} for kind, lines in known.items()}
        with (self.folder / "leaves.ndjson").open("rb") as lines:
            for place, leaf in enumerate(map(json.loads, lines), self.first):
                name, field = LISTS.get(leaf["kind"], ("", ""))
                if name and leaf["body"][field] not in listed[leaf["kind"]]:
                    self.find(f"documents/{name}", f"leaves out {leaf['body'][field]}, of which leaf {place} tells")

    def instance(self, heads: Heads) -> None:  # the heads in the installation's log, whose own heads are time-stamped
        notes, proven = {n: self.read(f"instance/{n}.note") for n in self.manifest["instance"]}, set()
        trees = self.heads("instance head", INSTANCE, notes)
        for one in map(json.loads, self.read("instance/proofs.ndjson").splitlines()):
            body, tree = json.loads(one["leaf"])["body"], trees.get(one["tree"], (b"-", ""))[0]
            root, _ = climb(one["index"], one["tree"] - 1, one["path"], sha(b"\0", one["leaf"].encode()))
            told = bytes.fromhex(body["root"])
            if root == tree and body["log"] == self.log and heads.get(body["size"], (told, ""))[0] == told:
                proven.add(body["size"])
        for size in [one for one in self.manifest["heads"] if one not in proven]:
            self.find(f"head {size}", "is not proven to be in the installation's log")
        for old, new, proof in self.manifest["instance_consistency"]:
            if {old, new} <= set(trees) and not consistent(old, new, proof, trees):
                self.find(f"instance head {old}", f"is not proven to be a prefix of instance head {new}")
        check = ("ts", "-verify", "-data", "note", "-in", "token", "-CAfile", "roots", "-untrusted", "roots", "-attime")
        for size in self.manifest["stamps"]:  # RFC 3161, each as of its own time
            files = {"token": self.read(f"stamps/{size}.tsr"), "roots": self.read("stamps/certificates.pem")}
            words = openssl("ts", "-reply", "-in", "token", "-text", **files).stdout
            at = re.search(r"^Time stamp: (.+?)(?:\.\d+)?( \d{4} GMT)$", words, re.M)
            when = str(ssl.cert_time_to_seconds(at[1] + at[2])) if at else "0"
            if openssl(*check, when, note=notes[size], **files).returncode:
                self.find(f"stamp {size}", "does not hold over the note of its head")


def verify(place: str, heads: list[bytes], key: bytes | None = None) -> dict[str, Any]:
    pack = Pack(place, key)  # raises one of FAULTS where this is no pack
    try:
        pack.verify(heads)
    except FAULTS as fault:
        pack.find("pack", f"cannot be read any further: {type(fault).__name__} {fault}")
    told = {name: pack.manifest[name] for name in ("log", "since", "until")} | {"entries": pack.leaves}
    told |= {name: len(pack.manifest[name]) for name in ("heads", "stamps")} | {"key": sha(pack.raw).hex()}
    return {**told, "holds": not pack.findings, "findings": pack.findings}


def main() -> int:
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("pack", nargs="?", default=str(Path(__file__).resolve().parent))
    parser.add_argument("--head", action="append", default=[], type=Path)
    parser.add_argument("--key", type=Path)
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    try:
        told = verify(chosen.pack, list(map(Path.read_bytes, chosen.head)), chosen.key and chosen.key.read_bytes())
    except FAULTS as fault:
        parser.error(f"this is no pack that can be read: {fault}")
    words = "{log}: {entries} entries, {heads} heads, {stamps} stamps, key {key}\n  ".format(**told)
    words += "\n  ".join([f"{one['where']}: {one['what']}" for one in told["findings"]] or ["It holds."])
    sys.stdout.write((json.dumps(told) if chosen.json else words) + "\n")
    return 0 if told["holds"] else 1


if __name__ == "__main__":
    sys.exit(main())
