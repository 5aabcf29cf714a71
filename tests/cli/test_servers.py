"""The catcher and the name server, as commands."""

import contextlib
import json
import os
import signal
import smtplib
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import dns.resolver
import pytest

from tests.ports import free_port

Start = Callable[..., dict[str, Any]]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start a command that serves; return what it tells of itself. It must end with exit code 0 when asked."""
    running = []

    def begin(*arguments: str) -> dict[str, Any]:
        process = subprocess.Popen(
            [sys.executable, "-m", "mandata.cli", *arguments, "--json"],
            env={**os.environ, "MANDATA_VAR": str(tmp_path)},
            stdout=subprocess.PIPE,
            text=True,
        )
        running.append(process)
        assert process.stdout is not None
        told: dict[str, Any] = json.loads(process.stdout.readline())
        return told

    yield begin
    for process in running:
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
        assert process.stdout is not None
        process.stdout.close()


def _ask(port: int, name: str, kind: str, *, tcp: bool = False) -> list[str]:
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers, resolver.port, resolver.cache = ["127.0.0.1"], port, None
    return [str(answer) for answer in resolver.resolve(name, kind, tcp=tcp, lifetime=30)]


def test_the_name_server_answers_over_udp_and_tcp_and_follows_its_file(start: Start, tmp_path: Path) -> None:
    port, records = free_port(), tmp_path / "dns.json"
    start("dns", "--listen", f"127.0.0.1:{port}")
    with pytest.raises(dns.resolver.NXDOMAIN):
        _ask(port, "bakery.test", "TXT")
    spf, key = ["bakery.test", "TXT", "v=spf1 -all"], ["key._domainkey.bakery.test", "TXT", "v=DKIM1; p=AAAA"]
    records.write_text(json.dumps([spf, key]))
    assert _eventually(lambda: _ask(port, "Bakery.TEST", "TXT") == ['"v=spf1 -all"'])
    assert _ask(port, "key._domainkey.bakery.test", "TXT", tcp=True) == ['"v=DKIM1; p=AAAA"']
    with pytest.raises(dns.resolver.NoAnswer):
        _ask(port, "bakery.test", "MX")
    records.write_text("this is no list of records")
    time.sleep(0.5)
    assert _ask(port, "bakery.test", "TXT") == ['"v=spf1 -all"']
    records.write_text(json.dumps([["bakery.test", "MX", "10 mx.bakery.test"]]))
    assert _eventually(lambda: _ask(port, "bakery.test", "MX") == ["10 mx.bakery.test."])
    with pytest.raises(dns.resolver.NXDOMAIN):
        _ask(port, "key._domainkey.bakery.test", "TXT")


def _eventually(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with contextlib.suppress(dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            if condition():
                return True
        time.sleep(0.05)
    return False


def test_the_catcher_takes_mail_and_keeps_it_in_the_installations_folder(start: Start, tmp_path: Path) -> None:
    smtp, http = free_port(), free_port()
    told = start("catcher", "--smtp", f"127.0.0.1:{smtp}", "--http", f"127.0.0.1:{http}")
    assert told == {"smtp": smtp, "http": http}
    with smtplib.SMTP("127.0.0.1", smtp, timeout=60) as client:
        assert client.sendmail("a@sender.test", ["b@example.test"], "Subject: hello\r\n\r\nworld\r\n") == {}
    assert any((tmp_path / "catcher").iterdir())
