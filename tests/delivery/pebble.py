"""Debian's pebble, an ACME server for tests, on free ports of loopback, with a certificate of its own to trust."""

import json
import os
import ssl
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from tests.delivery.conftest import wait_for_port
from tests.ports import free_port


@dataclass(frozen=True)
class Pebble:
    """Where it answers, and the file with the certificate to trust."""

    directory: str
    management: str
    trust: Path

    def root(self) -> bytes:
        """The root that its certificates go back to, in PEM."""
        context = ssl.create_default_context(cafile=str(self.trust))
        with urllib.request.urlopen(f"{self.management}/roots/0", context=context) as answer:
            return bytes(answer.read())


@contextmanager
def pebble(folder: Path, *, dns_port: int, http_port: int, days: int = 90) -> Iterator[Pebble]:
    """A server that asks this name server, and challenges hosts on this port."""
    folder.mkdir(parents=True, exist_ok=True)
    _own_certificate(folder)
    api, management = free_port(), free_port()
    config = {
        "listenAddress": f"127.0.0.1:{api}",
        "managementListenAddress": f"127.0.0.1:{management}",
        "certificate": str(folder / "own.pem"),
        "privateKey": str(folder / "own.key"),
        "httpPort": http_port,
        "tlsPort": 1,
        "ocspResponderURL": "",
        "externalAccountBindingRequired": False,
        "certificateValidityPeriod": days * 86_400,
    }
    (folder / "pebble.json").write_text(json.dumps({"pebble": config}))
    environment = os.environ | {"PEBBLE_VA_NOSLEEP": "1", "PEBBLE_WFE_NONCEREJECT": "0", "PEBBLE_AUTHZREUSE": "0"}
    command = ["pebble", "-config", str(folder / "pebble.json"), "-dnsserver", f"127.0.0.1:{dns_port}"]
    with (folder / "pebble.log").open("wb") as out:
        process = subprocess.Popen(command, env=environment, stdout=out, stderr=out)
    try:
        wait_for_port(api)
        yield Pebble(f"https://127.0.0.1:{api}/dir", f"https://127.0.0.1:{management}", folder / "own.pem")
    finally:
        process.kill()
        process.wait()


def _own_certificate(folder: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "pebble of a test")])
    today = datetime.now().astimezone()
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "own.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    (folder / "own.key").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
