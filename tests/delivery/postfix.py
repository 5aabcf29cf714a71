"""A whole Postfix of the tests' own: takes mail, refuses, bounces, confirms. Loopback only, no DNS, its own folder."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.delivery.conftest import wait_for_port
from tests.ports import free_port

_QUEUES = ("active", "bounce", "corrupt", "defer", "deferred", "flush", "hold", "incoming", "private", "saved", "trace")
_SERVICES = """
{port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
tlsmgr unix - - n 1000? 1 tlsmgr
postlog unix-dgram n - n - 1 postlogd
"""


@dataclass(frozen=True)
class Postfix:
    """A running one: where it listens, and what it has logged."""

    port: int
    folder: Path

    def log(self) -> str:
        """What it has logged so far, for a test that fails."""
        file = self.folder / "log"
        return file.read_text() if file.exists() else ""


@contextmanager
def postfix(routes: dict[str, int], *, mailboxes: tuple[str, ...] = (), lifetime: str = "1d") -> Iterator[Postfix]:
    """Start it. `routes`: mail for a domain goes to a port on this machine; `mailboxes`: addresses delivered to files;
    `lifetime`: how long it keeps what is deferred before it gives up."""
    program = shutil.which("master", path="/usr/lib/postfix/sbin:/usr/libexec/postfix")
    assert program, "Debian's postfix package provides it"
    folder = Path(tempfile.mkdtemp(prefix="mandata-postfix-"))
    found = Postfix(free_port(), folder)
    _lay_out(found, routes, mailboxes, lifetime)
    process = subprocess.Popen(
        [*_as_root(), program, "-c", str(folder), "-d"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        wait_for_port(found.port)
        yield found
    finally:
        if os.geteuid() == 0:
            process.send_signal(signal.SIGTERM)
        else:
            subprocess.run([*_as_root(), "kill", str(process.pid)], check=False)
        process.wait(timeout=60)
        time.sleep(0.2)  # its children let go of their files
        subprocess.run([*_as_root(), "rm", "-rf", str(folder)], check=False)


def _as_root() -> list[str]:
    return [] if os.geteuid() == 0 else ["sudo", "-n"]


def _lay_out(found: Postfix, routes: dict[str, int], mailboxes: tuple[str, ...], lifetime: str) -> None:
    folder = found.folder
    folder.chmod(0o755)
    for name in (*_QUEUES, "maildrop", "public", "pid"):
        (folder / "queue" / name).mkdir(parents=True)
    for name in ("data", "mail"):
        (folder / name).mkdir()
    onward = ", ".join(f"{{{domain} = smtp:[127.0.0.1]:{port}}}" for domain, port in routes.items())
    settings = {
        "compatibility_level": "3.6",
        "queue_directory": folder / "queue",
        "data_directory": folder / "data",
        "maillog_file": folder / "log",
        "maillog_file_prefixes": folder,
        "myhostname": "mx.postfix.test",
        "mydestination": "",
        "inet_interfaces": "127.0.0.1",
        "inet_protocols": "ipv4",
        "mynetworks": "127.0.0.0/8",
        "smtpd_relay_restrictions": "permit_mynetworks, reject",
        "smtp_dns_support_level": "disabled",
        "smtp_host_lookup": "native",
        "transport_maps": f"inline:{{{onward}}}",
        "virtual_mailbox_domains": " ".join({address.partition("@")[2] for address in mailboxes}),
        "virtual_mailbox_base": folder / "mail",
        "virtual_mailbox_maps": "inline:{" + ", ".join(f"{{{one} = box}}" for one in mailboxes) + "}",
        "virtual_uid_maps": f"static:{_id('postfix')}",
        "virtual_gid_maps": f"static:{_id('postfix')}",
        "virtual_minimum_uid": "1",
        "maximal_queue_lifetime": lifetime,
        "bounce_queue_lifetime": "1d",
        "minimal_backoff_time": "1s",
        "maximal_backoff_time": "1s",
        "queue_run_delay": "1s",
        "delay_warning_time": "0",
        "alias_maps": "",
        "local_recipient_maps": "",
        "smtpd_tls_security_level": "none",
    }
    (folder / "main.cf").write_text("".join(f"{name} = {value}\n" for name, value in settings.items()))
    (folder / "master.cf").write_text(_SERVICES.format(port=f"127.0.0.1:{found.port}"))
    owned = [str(folder / "data"), str(folder / "mail"), *(str(folder / "queue" / name) for name in _QUEUES)]
    subprocess.run([*_as_root(), "chown", "-R", "postfix", *owned, str(folder / "queue" / "public")], check=True)
    subprocess.run([*_as_root(), "chown", "root", str(folder), str(folder / "queue")], check=True)


def _id(user: str) -> str:
    return subprocess.run(["id", "-u", user], check=True, capture_output=True, text=True).stdout.strip()
