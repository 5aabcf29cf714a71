"""Settings from the environment: typed, each documented, read once.

`mandata settings` prints this table; a test compares it with the documentation. Secrets are never printed.
"""

import os
import types
from dataclasses import dataclass, field, fields
from functools import cache
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any, get_args, get_origin

from mandata.foundation.errors import Fault


def _setting(name: str, default: Any, text: str, *, secret: bool = False) -> Any:
    return field(default=default, metadata={"name": name, "text": text, "secret": secret})


@dataclass(frozen=True, slots=True)
class Environment:
    """Everything an installation can be told from outside."""

    var: Path = _setting(
        "MANDATA_VAR", Path("var"), "Folder for what the installation writes: database, keys, spool, journals."
    )
    database_url: str = _setting(
        "DATABASE_URL",
        "",
        "PostgreSQL 15 or later, as the application's role; empty starts the embedded server.",
        secret=True,
    )
    owner_database_url: str = _setting(
        "OWNER_DATABASE_URL",
        "",
        "The same database as the role that owns the tables; used by `mandata migrate` only.",
        secret=True,
    )
    database_pooled: bool = _setting(
        "MANDATA_DATABASE_POOLED", False, "True behind a pooler in transaction mode: no prepared statements, no LISTEN."
    )
    keys: Path | None = _setting(
        "MANDATA_KEYS",
        None,
        "Folder of the installation's keys, apart from the database; default is keys/ in MANDATA_VAR.",
    )
    outside: Path | None = _setting(
        "MANDATA_OUTSIDE",
        None,
        "Folder of the outside log, best on another disk than the database; default is outside/ in MANDATA_VAR.",
    )
    returns: Path | None = _setting(
        "MANDATA_RETURNS",
        None,
        "Folder of archives that controllers asked for, shared by all hosts; default is returns/ in MANDATA_VAR.",
    )
    key_provider: str = _setting(
        "MANDATA_KEY_PROVIDER",
        "file",
        "Where keys are kept: file (the keys folder), or pkcs11 (opened by a token only).",
    )
    pkcs11_module: Path | None = _setting(
        "MANDATA_PKCS11_MODULE", None, "The token's PKCS#11 library, such as /usr/lib/softhsm/libsofthsm2.so."
    )
    pkcs11_token: str = _setting("MANDATA_PKCS11_TOKEN", "", "Label of the token.")
    pkcs11_pin_file: Path | None = _setting(
        "MANDATA_PKCS11_PIN_FILE", None, "File with the token's user PIN and nothing else, readable for mandata only."
    )
    epoch_days: int = _setting(
        "MANDATA_EPOCH_DAYS", 7, "After so many days a controller's key is replaced and its old value destroyed."
    )
    secret_key: str = _setting(
        "MANDATA_SECRET_KEY", "", "Signs sessions; empty keeps a random one in the keys folder.", secret=True
    )
    public_url: str = _setting(
        "MANDATA_PUBLIC_URL", "http://127.0.0.1:8000", "Where console and public pages are reached."
    )
    link_days: int = _setting(
        "MANDATA_LINK_DAYS",
        730,
        "How many days after its end a campaign's links lead where they led; then a page says that it is over.",
    )
    tracking_url: str = _setting(
        "MANDATA_TRACKING_URL", "http://127.0.0.1:8001", "Where links, pixels and one-click unsubscribes are reached."
    )
    trusted_proxies: str = _setting(
        "MANDATA_TRUSTED_PROXIES", "", "Addresses or networks, with commas, of proxies whose X-Forwarded-For counts."
    )
    smtp_url: str = _setting(
        "MANDATA_SMTP_URL",
        "smtp://127.0.0.1:2525",
        "Where campaigns go: smtp:// or smtps://, with user and password if need be.",
        secret=True,
    )
    smtp_connections: int = _setting(
        "MANDATA_SMTP_CONNECTIONS", 10, "How many connections a sending process keeps to MANDATA_SMTP_URL."
    )
    smtp_subprocessor: str = _setting(
        "MANDATA_SMTP_SUBPROCESSOR",
        "",
        "Name in the register of the sub-processor that runs MANDATA_SMTP_URL; empty: it is the operator's own.",
    )
    direct_port: int = _setting(
        "MANDATA_DIRECT_PORT", 25, "Port of mail exchangers in direct delivery; another one is for tests."
    )
    direct_inside: bool = _setting(
        "MANDATA_DIRECT_INSIDE", False, "True delivers directly to hosts on private networks and this machine, too."
    )
    sts_port: int = _setting(
        "MANDATA_STS_PORT", 443, "Port from which MTA-STS policies are fetched; another one is for tests."
    )
    authorities: Path | None = _setting(
        "MANDATA_AUTHORITIES",
        None,
        "PEM file of the authorities that certificates of mail servers are checked by; default is the system's.",
    )
    blocklists: str = _setting(
        "MANDATA_BLOCKLISTS", "", "DNS blocklists, with commas, that are watched for addresses of direct delivery."
    )
    senders: int = _setting("MANDATA_SENDERS", 1, "How many sending processes a worker starts while campaigns are due.")
    journal_fsync: bool = _setting(
        "MANDATA_JOURNAL_FSYNC",
        True,
        "Sending processes wait for the disk before PostgreSQL hears of outcomes: a power loss leaves fewer unknown.",
    )
    engine_only: str = _setting(
        "MANDATA_ENGINE_ONLY", "", "Ids of controllers, with commas, that sending processes serve; empty serves all."
    )
    notice_smtp_url: str = _setting(
        "MANDATA_NOTICE_SMTP_URL", "", "Where the system's own mail goes; empty uses MANDATA_SMTP_URL.", secret=True
    )
    notice_sender: str = _setting("MANDATA_NOTICE_SENDER", "mandata@localhost", "Sender of the system's own mail.")
    return_domain: str = _setting(
        "MANDATA_RETURN_DOMAIN",
        "returns.localhost",
        "Domain of the envelope senders; delivery reports come back to it.",
    )
    returns_listen: str = _setting(
        "MANDATA_RETURNS_LISTEN",
        "127.0.0.1:2526",
        "Host and port on which delivery reports and complaints are received.",
    )
    returns_lmtp: str = _setting(
        "MANDATA_RETURNS_LMTP",
        "",
        "Host and port on which the same is received by LMTP, from a mail server in front; empty: not at all.",
    )
    transmit_loopback: bool = _setting(
        "MANDATA_TRANSMIT_LOOPBACK",
        False,
        "Copies and archives may also be sent to this computer itself, copies over http, too; never in production.",
    )
    sns_topics: str = _setting(
        "MANDATA_SNS_TOPICS",
        "",
        "Topics of Amazon SNS (ARNs, separated by spaces) that may report what became of messages sent by SES.",
    )
    webhook_secret: str = _setting(
        "MANDATA_WEBHOOK_SECRET",
        "",
        "Secret with which the relay of MANDATA_SMTP_URL signs its reports at /in/relay/ (HMAC-SHA256), 32 characters "
        "or more; empty: none.",
        secret=True,
    )
    catcher_url: str = _setting(
        "MANDATA_CATCHER_URL", "", "Where the shipped mail catcher answers; its mail is then a holding. Empty: none."
    )
    dns: str = _setting("MANDATA_DNS", "", "Resolver as host:port; empty uses the system's.")
    dkim_days: int = _setting(
        "MANDATA_DKIM_DAYS", 180, "After so many days a sending domain's keys get successors, shown to be published."
    )
    shared_domain: str = _setting(
        "MANDATA_SHARED_DOMAIN",
        "",
        "The operator's sending domain for controllers without one of their own; empty: there is none.",
    )
    certificates: Path | None = _setting(
        "MANDATA_CERTIFICATES",
        None,
        "Folder that certificates of tracking hosts are written to for the proxy in front; empty: none are written.",
    )
    acme_directory: str = _setting(
        "MANDATA_ACME_DIRECTORY",
        "",
        "Directory of the ACME server that certifies tracking hosts (RFC 8555); empty: none are ordered.",
    )
    acme_trust: Path | None = _setting(
        "MANDATA_ACME_TRUST", None, "PEM file with the ACME server's own root, where the system does not trust it."
    )
    operator_name: str = _setting(
        "MANDATA_OPERATOR_NAME", "Mandata", "Name of the processor as the agreement states it."
    )
    operator_contact: str = _setting(
        "MANDATA_OPERATOR_CONTACT", "privacy@localhost", "Address of the processor for notices and instructions."
    )
    operator_address: str = _setting(
        "MANDATA_OPERATOR_ADDRESS", "", "Postal address of the processor, for the record of processing."
    )
    vat_percent: str = _setting(
        "MANDATA_VAT_PERCENT", "", "Value added tax on what help costs, in percent, such as 21; empty: not told."
    )
    operator_dpo: str = _setting(
        "MANDATA_OPERATOR_DPO", "", "Name and contact of the processor's data protection officer; empty: none is named."
    )
    operator_representative: str = _setting(
        "MANDATA_OPERATOR_REPRESENTATIVE",
        "",
        "Name and contact of the processor's representative in the Union (Art. 27 GDPR); empty: none is named.",
    )
    countries: Path | None = _setting(
        "MANDATA_COUNTRIES",
        None,
        "File of countries by network (.mmdb) for opens and clicks; empty: no country is looked up.",
    )
    default_agreement: str = _setting(
        "MANDATA_AGREEMENT", "ecomail", "The agreement that a new controller is asked to accept."
    )
    timestamp_url: str = _setting(
        "MANDATA_TIMESTAMP_URL",
        "",
        "Time-stamping authority (RFC 3161) that stamps the record's heads daily; empty: none.",
        secret=True,
    )
    timestamp_certificates: Path | None = _setting(
        "MANDATA_TIMESTAMP_CERTIFICATES", None, "PEM file with the authority's certificates, its root first."
    )
    backup_store: str = _setting(
        "MANDATA_BACKUP_STORE", "", "Where backups go: a folder on another disk, or s3://bucket/prefix. Empty: nowhere."
    )
    backup_recipients: str = _setting(
        "MANDATA_BACKUP_RECIPIENTS", "", "Public keys of age, with commas, of those who can open backups."
    )
    recovery_recipients: str = _setting(
        "MANDATA_RECOVERY_RECIPIENTS", "", "Public keys of age, with commas, of those who can recover the keys."
    )
    backup_database_url: str = _setting(
        "MANDATA_BACKUP_DATABASE_URL",
        "",
        "For backups of an own server: past any pooler, a role with REPLICATION, or one with BYPASSRLS for dumps.",
        secret=True,
    )
    backup_hours: int = _setting("MANDATA_BACKUP_HOURS", 24, "A backup is taken after this many hours.")
    backup_full_days: int = _setting(
        "MANDATA_BACKUP_FULL_DAYS", 7, "A full backup after this many days; those between are incremental."
    )
    backup_days: int = _setting(
        "MANDATA_BACKUP_DAYS", 30, "Backups go after this many days, or sooner where a live agreement promises it."
    )
    backup_spool: int = _setting(
        "MANDATA_BACKUP_SPOOL", 20_000, "MB of write-ahead log that wait on the disk while the store is away."
    )
    drill_days: int = _setting("MANDATA_DRILL_DAYS", 30, "A restore is practised after this many days.")
    drill_identity: Path | None = _setting(
        "MANDATA_DRILL_IDENTITY", None, "Identity file (age) that opens backups; without it no drill is scheduled."
    )
    drill_keys_identity: Path | None = _setting(
        "MANDATA_DRILL_KEYS_IDENTITY", None, "Identity file (age) that opens the recovery copy of the keys for drills."
    )
    postgres_programs: Path | None = _setting(
        "MANDATA_POSTGRES_PROGRAMS", None, "Folder of pg_basebackup and pg_dump; default is those that mandata brings."
    )
    malware_scanner: str = _setting(
        "MANDATA_MALWARE_SCANNER",
        "",
        "Where clamd answers, a socket's path or host:port, so that the check of measures tries it; empty: none.",
    )
    advisories: Path | None = _setting(
        "MANDATA_ADVISORIES",
        None,
        "Folder of advisories (OSV, JSON) that what is installed is compared with daily; empty: only its age is told.",
    )
    metrics_token: str = _setting(
        "MANDATA_METRICS_TOKEN",
        "",
        "Token that Prometheus shows at /metrics; empty: there is no /metrics.",
        secret=True,
    )
    debug: bool = _setting("MANDATA_DEBUG", False, "Show traces in the browser; never in production.")
    log_level: str = _setting("MANDATA_LOG_LEVEL", "info", "debug, info, warning or error.")

    @property
    def trusted_networks(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """The proxies whose X-Forwarded-For is believed. Raises Fault for what is no network."""
        try:
            return tuple(ip_network(part.strip()) for part in self.trusted_proxies.split(",") if part.strip())
        except ValueError as error:
            raise Fault(f"MANDATA_TRUSTED_PROXIES: {error}.", remedy="Write it as 10.0.0.0/8,::1.") from error

    @property
    def keys_folder(self) -> Path:
        """The folder of the installation's keys."""
        return self.keys or self.var / "keys"

    @property
    def outside_folder(self) -> Path:
        """The folder of the outside log."""
        return self.outside or self.var / "outside"

    @property
    def returns_folder(self) -> Path:
        """The folder of archives that controllers asked for."""
        return self.returns or self.var / "returns"


def read(values: "os._Environ[str] | dict[str, str]") -> Environment:
    """Parse an environment. Raises Fault naming the variable, its value's fault and the remedy."""
    chosen: dict[str, Any] = {}
    for entry in fields(Environment):
        text = values.get(entry.metadata["name"], "")
        if text != "":
            chosen[entry.name] = _parse(entry.metadata["name"], entry.type, text)
    return Environment(**chosen)


def _parse(name: str, kind: Any, text: str) -> object:
    kinds = get_args(kind) if get_origin(kind) is types.UnionType else (kind,)
    if Path in kinds:
        return Path(text)
    if bool in kinds:
        lowered = text.lower()
        if lowered not in {"true", "false", "1", "0", "yes", "no"}:
            raise Fault(f"{name} is neither true nor false.", remedy=f"Set {name}=true or {name}=false.")
        return lowered in {"true", "1", "yes"}
    if int in kinds:
        if not text.isdigit() or int(text) == 0:
            raise Fault(f"{name} is no whole number above 0.", remedy=f"Set {name}=10, for example.")
        return int(text)
    return text


@cache
def env() -> Environment:
    """Return the process's environment, parsed once."""
    return read(os.environ)
