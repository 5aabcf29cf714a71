"""A little Internet for direct delivery: zones by dnslib, servers on addresses of this machine, an own authority."""

import datetime as dt
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from dnslib import AAAA, CNAME, MX, PTR, QTYPE, RCODE, RR, TLSA, TXT, A
from dnslib.server import BaseResolver, DNSLogger, DNSServer

from mandata.delivery.resolver import Resolver, resolver
from tests.delivery.scripted import Script, Scripted, Talk
from tests.ports import free_port


@dataclass
class Zones(BaseResolver):  # type: ignore[misc]
    """What the name server knows; names in `secure` are answered as validated, in `failing` with SERVFAIL."""

    records: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    secure: set[str] = field(default_factory=set)
    failing: set[str] = field(default_factory=set)
    silent: set[str] = field(default_factory=set)
    asked: list[tuple[str, str]] = field(default_factory=list)
    ttl: int = 60

    def put(self, name: str, kind: str, *values: str, secure: bool = False) -> None:
        self.records[(name, kind)] = list(values)
        if secure:
            self.secure.add(name)

    def resolve(self, request: object, handler: object) -> object:
        reply = request.reply()  # type: ignore[attr-defined]
        name = str(request.q.qname).lower().rstrip(".")  # type: ignore[attr-defined]
        kind = QTYPE[request.q.qtype]  # type: ignore[attr-defined]
        self.asked.append((name, kind))
        if name in self.silent:
            threading.Event().wait(30)
        if name in self.failing:
            reply.header.rcode = RCODE.SERVFAIL
            return reply
        known = [one for one, _ in self.records if one == name or one.endswith("." + name)]
        for value in self.records.get((name, kind), []):
            reply.add_answer(RR(name, getattr(QTYPE, kind), rdata=_data(kind, value), ttl=self.ttl))
        if not known:
            reply.header.rcode = RCODE.NXDOMAIN
        reply.header.ad = 1 if name in self.secure else 0
        return reply


def _data(kind: str, value: str) -> object:
    if kind == "MX":
        preference, _, host = value.partition(" ")
        return MX(host, int(preference))
    if kind == "TLSA":
        usage, selector, matching, data = value.split(" ")
        return TLSA(int(usage), int(selector), int(matching), bytes.fromhex(data))
    return {"A": A, "AAAA": AAAA, "TXT": TXT, "CNAME": CNAME, "PTR": PTR}[kind](value)


@contextmanager
def serving(zones: Zones) -> Iterator[Resolver]:
    """Answer for zones; yield a resolver that asks them."""
    quiet = DNSLogger(log="-request,-reply,-truncated,-error,-recv,-send,-data", prefix=False)
    server = DNSServer(zones, port=0, address="127.0.0.1", logger=quiet)
    server.start_thread()
    try:
        yield resolver(f"127.0.0.1:{server.server.server_address[1]}", timeout=1.0)
    finally:
        server.server.shutdown()
        server.server.server_close()


class Authority:
    """A certification authority; `issue` makes a server's certificate with the chain behind it."""

    def __init__(self, folder: Path, name: str = "Test authority") -> None:
        self.folder = folder
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.certificate = _signed(name, self.key, name, self.key, authority=True)
        self.file = folder / f"{name.replace(' ', '-')}.pem"
        self.file.write_bytes(self.certificate.public_bytes(Encoding.PEM))

    def issue(self, *names: str, days: int = 30) -> "Identity":
        key = ec.generate_private_key(ec.SECP256R1())
        subject = self.certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value
        certificate = _signed(names[0], key, str(subject), self.key, names=names, days=days)
        path = self.folder / f"{names[0]}-{certificate.serial_number}.pem"
        path.write_bytes(
            key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
            + certificate.public_bytes(Encoding.PEM)
            + self.certificate.public_bytes(Encoding.PEM)
        )
        return Identity(path, certificate)


@dataclass
class Identity:
    """A server's key with its chain in one file, and its certificate."""

    path: Path
    certificate: x509.Certificate

    def context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.path)
        return context


def digest(certificate: x509.Certificate, *, key: bool = True) -> str:
    """SHA-256 of a certificate's key, or of the whole, as TLSA records hold it."""
    data = (
        certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        if key
        else certificate.public_bytes(Encoding.DER)
    )
    found = hashes.Hash(hashes.SHA256())
    found.update(data)
    return found.finalize().hex()


def _signed(
    name: str, key: ec.EllipticCurvePrivateKey, issuer: str, issuers_key: ec.EllipticCurvePrivateKey, *,
    authority: bool = False, names: tuple[str, ...] = (), days: int = 30,
) -> x509.Certificate:  # fmt: skip
    at = dt.datetime.now(dt.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - dt.timedelta(days=60))
        .not_valid_after(at + dt.timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuers_key.public_key()), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    if authority:
        usage = x509.KeyUsage(
            digital_signature=True, key_cert_sign=True, crl_sign=True, content_commitment=False, key_encipherment=False,
            data_encipherment=False, key_agreement=False, encipher_only=False, decipher_only=False,
        )  # fmt: skip
        builder = builder.add_extension(usage, critical=True)
    else:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(one) for one in names]), False)
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False)
    return builder.sign(issuers_key, hashes.SHA256())


def common_port(*hosts: str) -> int:
    """Return a port that is free on each of these addresses: mail exchangers all listen on the same one."""
    return free_port(*hosts)


@contextmanager
def exchangers(port: int, scripts: Mapping[str, Script]) -> Iterator[dict[str, Scripted]]:
    """Servers on several addresses and one port, each with its script."""
    servers: dict[str, Scripted] = {}
    try:
        for host, script in scripts.items():
            servers[host] = Scripted(script, host=host, port=port).__enter__()
        yield servers
    finally:
        for server in servers.values():
            server.__exit__()


def polite(talk: Talk) -> None:
    """A plain server."""
    talk.greet("PIPELINING", "8BITMIME")
    talk.serve()


def protected(context: ssl.SSLContext, *, offer: bool = True) -> Callable[[Talk], None]:
    """A server with STARTTLS; what it is told in the clear but STARTTLS it refuses."""

    def script(talk: Talk) -> None:
        talk.greet(*(("PIPELINING", "STARTTLS") if offer else ("PIPELINING",)))
        line = talk.line()
        if line != "STARTTLS":
            talk.server.commands.append(f"clear: {line}")
            talk.say("530 5.7.0 first STARTTLS")
            return
        talk.say("220 go")
        talk.sock = context.wrap_socket(talk.sock, server_side=True)
        talk.line()
        talk.say("250-test", "250 PIPELINING")
        talk.serve()

    return script
