"""Two keys of the tests' own, and two verifiers that know nothing of us: dkimpy, and OpenDKIM from Debian."""

import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

import dkim  # type: ignore[import-untyped]
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

from mandata.delivery.signing import SigningKey, public_record

DOMAIN = "news.bakery.example"
_END = re.compile(r"^opendkim: \S+\.eml: .*$", re.M)
_VERDICT = re.compile(r"\bdkim=(\w+)")


@cache
def keys() -> tuple[SigningKey, SigningKey]:
    """One of each algorithm."""
    return (
        SigningKey(DOMAIN, "r1", "rsa-2048", generate_private_key(65537, 2048)),
        SigningKey(DOMAIN, "e1", "ed25519", Ed25519PrivateKey.generate()),
    )


def records(chosen: Sequence[SigningKey]) -> dict[str, str]:
    """The TXT records of keys, by name."""
    return {f"{key.selector}._domainkey.{key.domain}": public_record(key.private.public_key()) for key in chosen}


def by_dkimpy(message: bytes, chosen: Sequence[SigningKey]) -> list[bool]:
    """Verify each signature of a message, topmost first."""
    known = {name.encode(): text.encode() for name, text in records(chosen).items()}

    def txt(name: bytes, timeout: int = 5) -> bytes:
        return known.get(name.rstrip(b"."), b"")

    reader = dkim.DKIM(message, minkey=1024)
    count = sum(name.lower() == b"dkim-signature" for name, _ in reader.headers)
    return [_holds(reader, index, txt) for index in range(count)]


def _holds(reader: dkim.DKIM, index: int, txt: Callable[..., bytes]) -> bool:
    try:
        return bool(reader.verify(idx=index, dnsfunc=txt))
    except dkim.ValidationError:
        return False


def by_opendkim(messages: Sequence[bytes], chosen: Sequence[SigningKey]) -> list[list[bool]]:
    """Verify each signature of each message, topmost first; none for a message without."""
    program = shutil.which("opendkim", path="/usr/sbin:/usr/bin")
    assert program, "Debian's opendkim package provides it"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "keys").write_text("".join(f"{where} {text}\n" for where, text in records(chosen).items()))
        (folder / "conf").write_text(f"Mode v\nTestPublicKeys {folder}/keys\nRequireSafeKeys no\n")
        for number, message in enumerate(messages):
            (folder / f"{number}.eml").write_bytes(message)
        files = ",".join(str(folder / f"{number}.eml") for number in range(len(messages)))
        command = [program, "-x", str(folder / "conf"), "-vv", "-t", files]
        said = subprocess.run(command, capture_output=True).stdout.decode("utf-8", "replace")
    told = _END.split(said)[:-1]
    assert len(told) == len(messages), said
    return [[found == "pass" for found in _VERDICT.findall(one)] for one in told]
