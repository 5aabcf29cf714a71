"""A pack verifies anywhere, and whatever was done to it is named: by the installation's program and by its own."""

import base64
import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from mandata.foundation.actors import SYSTEM
from mandata.infra.clock import new_id
from mandata.infra.tenancy import scope
from mandata.record import packs, rules, selectors, services, stamps, verifier
from mandata.record.errors import NothingToPack
from mandata.record.services.stamping import Authority as Asked
from mandata.vault.services import Vault, record_signer
from tests.record.authority import Authority, serving
from tests.world import Customer, World

BEGIN = datetime(2026, 5, 1, tzinfo=UTC)
Files = dict[str, bytes]
Change = Callable[[Files], None]


def day(number: int) -> datetime:
    return BEGIN + timedelta(days=number, hours=9)


def write(world: World, customer: Customer, count: int, at: datetime, kind: str = "test.happened") -> None:
    with scope(customer.id):
        for number in range(count):
            services.append(kind=kind, body={"number": number}, actor=SYSTEM, at=at)
    services.sequence(customer.id, at=at)


class Made(NamedTuple):
    """A pack, whose it is, another controller beside it, and the note that was handed over on the fourth day."""

    data: bytes
    customer: Customer
    other: Customer
    note: bytes


@pytest.fixture(scope="module")
def made(authority: Authority, database: object) -> Made:
    world = World()
    customer, other = world.controller(), world.controller("Other Bakery")
    for number in range(8):
        write(world, customer, 5 + number, day(number))
        write(world, other, 3, day(number), kind="test.elsewhere")
    with scope(customer.id):
        handed = selectors.heads(limit=10)[4]
        services.receipt(size=handed.size, how="page", to=new_id(), at=day(8))
    services.sequence(customer.id, at=day(8))
    world.sequence()
    services.stamp(Asked(authority.url, authority.certificates.read_bytes()), at=day(9))
    return Made(pack(customer, authority), customer, other, handed.note.encode())


def pack(customer: Customer, authority: Authority, since: int = 2, until: int = 6, **more: Any) -> bytes:
    out = io.BytesIO()
    packs.write(
        out, customer.id, since=day(since), until=day(until), at=day(9),
        certificates=authority.certificates.read_bytes(), **more,
    )  # fmt: skip
    return out.getvalue()


def files(data: bytes) -> Files:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def zipped(contents: Files, folder: Path) -> Path:
    place = folder / "pack.zip"
    with zipfile.ZipFile(place, "w") as archive:
        for name, data in contents.items():
            archive.writestr(name, data)
    return place


def alone(place: Path, *arguments: str | Path) -> dict[str, Any]:
    """What the verifier from the pack says, run as nothing but Python with an empty environment but for PATH."""
    script = place.parent / "verify.py"
    script.write_bytes(Path(verifier.__file__).read_bytes())
    command = [sys.executable, "-I", str(script), str(place), "--json", *map(str, arguments)]
    environment = {"PATH": "/usr/local/bin:/usr/bin:/bin"}
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, env=environment, cwd="/", check=False)
    assert done.stderr == ""
    told: dict[str, Any] = json.loads(done.stdout)
    assert done.returncode == (0 if told["holds"] else 1)
    return told


def places(told: dict[str, Any]) -> set[str]:
    return {finding["where"] for finding in told["findings"]}


@pytest.mark.req("REC-1")
def test_a_pack_holds_what_happened_between_two_heads_and_verifies_alone(made: Made, tmp_path: Path) -> None:
    told = alone(zipped(files(made.data), tmp_path))
    assert told["findings"] == []
    assert (told["entries"], told["stamps"]) == (8 + 9 + 10 + 11, 1)
    assert told["key"] == sha256(record_signer().public_key().public_bytes_raw()).hexdigest()
    assert len(Path(verifier.__file__).read_text().splitlines()) < 220


def test_it_verifies_unpacked_and_with_the_copy_inside(made: Made, tmp_path: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(made.data)) as archive:
        archive.extractall(tmp_path / "unpacked")
    command = [sys.executable, "-I", "verify.py"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=tmp_path / "unpacked", check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("It holds.\n")


def test_nothing_of_another_controller_is_in_it(made: Made) -> None:
    everything = b"\n".join(files(made.data).values())
    for foreign in (str(made.other.id), made.other.id.hex, "test.elsewhere"):
        assert foreign.encode() not in everything


def test_the_handed_head_is_in_the_pack_and_a_pack_that_does_not_lead_to_it_is_refused(
    made: Made, tmp_path: Path
) -> None:
    place, note, forged = zipped(files(made.data), tmp_path), tmp_path / "head.note", tmp_path / "forged.note"
    note.write_bytes(made.note)
    assert made.note in files(made.data).values()
    assert alone(place, "--head", note)["holds"]
    size = int(made.note.split(b"\n")[1])
    forged.write_text(rules.sign_head(record_signer(), made.customer.id, size, sha256(b"another log").digest(), day(4)))
    told = alone(place, "--head", forged)
    assert places(told) == {f"head {size}"}, "the processor signed two roots for one size"
    outside = tmp_path / "later.note"
    outside.write_text(rules.sign_head(record_signer(), made.customer.id, 900, sha256(b"").digest(), day(4)))
    assert places(alone(place, "--head", outside)) == {"head 900"}


def test_the_beginning_of_a_log_and_a_period_without_entries_are_packs_too(made: Made, authority: Authority,
                                                                           tmp_path: Path) -> None:  # fmt: skip
    whole = alone(zipped(files(pack(made.customer, authority, since=-5, until=20)), tmp_path))
    assert (whole["findings"], whole["entries"]) == ([], sum(range(5, 13)) + 1)
    empty = alone(zipped(files(pack(made.customer, authority, since=15, until=20)), tmp_path))
    assert (empty["findings"], empty["entries"]) == ([], 0)


def test_a_log_without_a_head_cannot_be_packed(world: World, authority: Authority) -> None:
    with pytest.raises(NothingToPack):
        pack(world.controller(), authority)


@pytest.mark.req("REC-1")
def test_between_any_two_heads_there_is_a_pack(made: Made, authority: Authority, tmp_path: Path) -> None:
    with scope(made.customer.id):
        sizes = [0, *sorted(view.size for view in selectors.heads(limit=50))]
    for first, last in ((sizes[0], sizes[1]), (sizes[2], sizes[3]), (sizes[1], sizes[-1]), (sizes[4], sizes[4])):
        out = io.BytesIO()
        packs.write_between(out, made.customer.id, first=first, last=last, at=day(9))
        told = alone(zipped(files(out.getvalue()), tmp_path))
        assert (told["findings"], told["entries"]) == ([], last - first)
    with pytest.raises(NothingToPack):
        packs.write_between(io.BytesIO(), made.customer.id, first=sizes[1] + 1, last=sizes[2], at=day(9))


def test_documents_are_added_and_covered_by_the_signature(made: Made, authority: Authority, tmp_path: Path) -> None:
    report = packs.Document("report.txt", lambda: [b"What was ", b"looked at.\n"])
    contents = files(pack(made.customer, authority, documents=[report]))
    assert contents["documents/report.txt"] == b"What was looked at.\n"
    assert alone(zipped(contents, tmp_path))["holds"]
    contents["documents/report.txt"] = b"Nothing was looked at.\n"
    assert places(alone(zipped(contents, tmp_path))) == {"documents/report.txt"}


def test_a_payload_is_not_in_the_pack(world: World, authority: Authority) -> None:
    customer, person = world.controller(), new_id()
    with scope(customer.id):
        vault = Vault.open()
        vault.create([person])
        commitment = vault.commit(person, {"words": "I agree to the crumbs"})
        services.append(
            kind="test.agreed", body={}, actor=SYSTEM, at=day(1), subject=person, commitment=commitment
        )  # fmt: skip
    services.sequence(customer.id, at=day(1))
    contents = files(pack(customer, authority, since=0, until=3))
    assert commitment.digest.hex().encode() in contents["leaves.ndjson"]
    assert not any(b"crumbs" in data or commitment.sealed in data for data in contents.values())


# What somebody does to a pack, and where the finding must point. All but the first do it thoroughly: the manifest's
# digests are made to fit, which only its signature then contradicts.


def manifest(contents: Files) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(contents["manifest.json"])
    return told


def fit(contents: Files, **changes: Any) -> None:
    told = manifest(contents) | changes
    names = set(contents) - {"manifest.json", "manifest.note"}
    told["files"] = {name: sha256(contents[name]).hexdigest() for name in sorted(names)}
    contents["manifest.json"] = json.dumps(told).encode()


def lines(contents: Files) -> list[bytes]:
    return contents["leaves.ndjson"].splitlines(keepends=True)


def leaf_changed(contents: Files) -> None:
    rows = lines(contents)
    rows[7] = rows[7].replace(b'"number":', b'"number":1')
    contents["leaves.ndjson"] = b"".join(rows)


def leaf_changed_with_its_hash(contents: Files) -> None:
    leaf_changed(contents)
    digest = sha256(b"\0" + lines(contents)[7].rstrip(b"\n")).digest()
    contents["hashes.bin"] = contents["hashes.bin"][: 7 * 32] + digest + contents["hashes.bin"][8 * 32 :]


def leaf_removed(contents: Files) -> None:
    contents["leaves.ndjson"] = b"".join(lines(contents)[:7] + lines(contents)[8:])


def leaf_removed_with_its_hash(contents: Files) -> None:
    leaf_removed(contents)
    contents["hashes.bin"] = contents["hashes.bin"][: 7 * 32] + contents["hashes.bin"][8 * 32 :]


def leaf_inserted(contents: Files) -> None:
    contents["leaves.ndjson"] = b"".join(lines(contents)[:7] + lines(contents)[3:4] + lines(contents)[7:])


def leaves_reordered(contents: Files) -> None:
    rows = lines(contents)
    contents["leaves.ndjson"] = b"".join([*rows[:7], rows[8], rows[7], *rows[9:]])


def last_leaf_left_out(contents: Files) -> None:
    contents["leaves.ndjson"] = b"".join(lines(contents)[:-1])
    contents["hashes.bin"] = contents["hashes.bin"][:-32]


def heads_swapped(contents: Files) -> None:
    one, other = (f"heads/{size}.note" for size in manifest(contents)["heads"][1:3])
    contents[one], contents[other] = contents[other], contents[one]


def head_signed_by_another_key(contents: Files) -> None:
    told = manifest(contents)
    size = told["heads"][1]
    _, _, root, at = contents[f"heads/{size}.note"].decode().splitlines()[:4]
    name = f"mandata/{told['log']}"
    text = f"{name}\n{size}\n{root}\n{at}\n"
    contents[f"heads/{size}.note"] = rules.sign_note(Ed25519PrivateKey.generate(), name, text).encode()


def head_with_a_signature_over_something_else(contents: Files) -> None:
    size = manifest(contents)["heads"][1]
    changed = contents[f"heads/{size}.note"].decode().replace("2026-05", "2026-04")
    contents[f"heads/{size}.note"] = changed.encode()


def period_cut_short(contents: Files) -> None:
    """Everything after the last head but one goes, and the pack says that it ends there."""
    told = manifest(contents)
    *heads, gone = told["heads"]
    keep = heads[-1] - told["first"]
    contents["leaves.ndjson"] = b"".join(lines(contents)[:keep])
    contents["hashes.bin"] = contents["hashes.bin"][: keep * 32]
    del contents[f"heads/{gone}.note"]
    fit(contents, heads=heads, last=heads[-1])


def proof_of_another_head(contents: Files) -> None:
    rows = [json.loads(row) for row in contents["instance/proofs.ndjson"].splitlines()]
    rows[1]["path"] = rows[0]["path"]
    contents["instance/proofs.ndjson"] = "\n".join(json.dumps(row) for row in rows).encode()


def frontier_of_another_log(contents: Files) -> None:
    fit(contents, frontier=[sha256(part.encode()).hexdigest() for part in manifest(contents)["frontier"]])


def file_added(contents: Files) -> None:
    contents["documents/added.txt"] = b"Everything was in order.\n"


MANIPULATIONS: dict[str, tuple[Change, str]] = {
    "an entry changed": (leaf_changed, "leaf {first+7}"),
    "an entry and its hash changed": (leaf_changed_with_its_hash, "head {heads[1]}"),
    "an entry removed": (leaf_removed, "leaf {first+7}"),
    "an entry and its hash removed": (leaf_removed_with_its_hash, "head {heads[1]}"),
    "an entry inserted": (leaf_inserted, "leaf {first+7}"),
    "entries reordered": (leaves_reordered, "leaf {first+7}"),
    "the last entry left out": (last_leaf_left_out, "leaf {last-1}"),
    "two heads swapped": (heads_swapped, "head {heads[1]}"),
    "a note signed again by another key": (head_signed_by_another_key, "head {heads[1]}"),
    "a note changed": (head_with_a_signature_over_something_else, "head {heads[1]}"),
    "the period cut short": (period_cut_short, "period"),
    "a proof replaced": (proof_of_another_head, "head {heads[1]}"),
    "the beginning replaced": (frontier_of_another_log, "head {first}"),
    "a file added": (file_added, "documents/added.txt"),
}


def expected(name: str, made: Made) -> str:
    told = manifest(files(made.data))
    return name.replace("{first+7}", str(told["first"] + 7)).replace("{heads[1]}", str(told["heads"][1])) \
        .replace("{last-1}", str(told["last"] - 1)).replace("{first}", str(told["first"]))  # fmt: skip


@pytest.mark.req("REC-1")
@pytest.mark.parametrize("manipulation", MANIPULATIONS)
@pytest.mark.parametrize("thorough", [False, True], ids=["carelessly", "with fitting digests"])
def test_a_manipulation_is_named(made: Made, manipulation: str, thorough: bool, tmp_path: Path) -> None:
    change, where = MANIPULATIONS[manipulation]
    contents = files(made.data)
    change(contents)
    if thorough:
        fit(contents)
    place = zipped(contents, tmp_path)
    told = alone(place)
    assert not told["holds"]
    if thorough:
        assert "manifest" in places(told)
    if not (thorough and change is file_added):
        assert expected(where, made) in places(told), told["findings"]
    assert verifier.verify(str(place), []) == told, "the installation's own program finds the same"


def test_a_stamp_that_was_replaced_is_named(made: Made, tmp_path: Path) -> None:
    contents = files(made.data)
    (size,) = manifest(contents)["stamps"]
    with serving(Authority(tmp_path / "elsewhere", "Other Time")) as elsewhere:
        note = contents[f"instance/{size}.note"]
        query = stamps.request(note).data
        contents[f"stamps/{size}.tsr"] = elsewhere.answer(query)
    fit(contents)
    assert places(alone(zipped(contents, tmp_path))) == {"manifest", f"stamp {size}"}
    contents = files(made.data)
    contents[f"instance/{size}.note"] += b"\n"
    assert {f"stamp {size}"} <= places(alone(zipped(contents, tmp_path)))


def test_a_pack_signed_throughout_by_another_key_does_not_pass_for_whoever_knows_the_key(
    made: Made, tmp_path: Path
) -> None:
    """Everything is signed anew with another key, which is in the pack: only who knows the right one can tell."""
    stranger, contents = Ed25519PrivateKey.generate(), files(made.data)
    contents["key.pem"] = rules.public_pem(stranger.public_key())
    for name in [name for name in contents if name.endswith(".note") and name != "manifest.note"]:
        text = contents[name].decode().partition("\n\n")[0] + "\n"
        contents[name] = rules.sign_note(stranger, text.split("\n")[0], text).encode()
    contents = {name: data for name, data in contents.items() if not name.startswith("stamps/")}
    fit(contents, stamps=[])
    name = f"mandata/{made.customer.id}/pack"
    digest = base64.b64encode(sha256(contents["manifest.json"]).digest()).decode()
    contents["manifest.note"] = rules.sign_note(stranger, name, f"{name}\n{digest}\n2026\n").encode()
    place, key = zipped(contents, tmp_path), tmp_path / "known.pem"
    told = alone(place)
    assert told["holds"] and told["key"] != sha256(record_signer().public_key().public_bytes_raw()).hexdigest()
    key.write_bytes(rules.public_pem(record_signer().public_key()))
    assert "manifest" in places(alone(place, "--key", key))


def test_what_is_no_pack_is_said_to_be_none(tmp_path: Path) -> None:
    place = tmp_path / "pack.zip"
    place.write_bytes(b"no zip")
    script = [sys.executable, "-I", verifier.__file__, str(place)]
    done = subprocess.run(script, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "no pack" in done.stderr
