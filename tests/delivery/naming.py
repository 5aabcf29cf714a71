"""A name server of the test's own that the installation asks, and domains and hosts that no other test has."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from mandata.delivery import selectors
from mandata.delivery.nameserver import NameServer, Zone
from mandata.infra.clock import new_id
from mandata.infra.environment import env


def fresh(above: str = "test") -> str:
    """A domain name that nobody has yet."""
    return f"d{new_id().hex[-12:]}.{above}"


@contextmanager
def settings(monkeypatch: pytest.MonkeyPatch, **values: str) -> Iterator[None]:
    """The installation under other settings (MANDATA_ goes before each name)."""
    with monkeypatch.context() as changed:
        for name, value in values.items():
            changed.setenv(f"MANDATA_{name}", value)
        env.cache_clear()
        try:
            yield
        finally:
            changed.undo()
            env.cache_clear()


@contextmanager
def asked(monkeypatch: pytest.MonkeyPatch, **values: str) -> Iterator[Zone]:
    """The zone of a name server that the installation asks meanwhile."""
    server = NameServer(Zone())
    server.start()
    try:
        with settings(monkeypatch, DNS=f"127.0.0.1:{server.port}", **values):
            yield server.zone
    finally:
        server.stop()


def publish(zone: Zone, name: str) -> None:
    """Publish what the console shows for a domain of the open scope, as its owner would."""
    found = selectors.domain_named(name)
    assert found is not None
    zone.publish(found.records)
    zone.put(name, "MX", f"10 mail.{name}")
