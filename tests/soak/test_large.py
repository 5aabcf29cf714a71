"""A campaign to a million people: frozen quickly, sent by workers whose memory does not grow."""

import os
from pathlib import Path

import pytest
from benchmarks import large
from benchmarks.send import sink

from mandata.infra.environment import env
from mandata.infra.postgres import Urls
from tests.delivery.mailing import shop
from tests.soak.conftest import Scale, Tell


@pytest.mark.soak
@pytest.mark.req("DLV-5", "CAM-5")
def test_a_million_recipients_leave_the_memory_of_workers_flat(
    database: Urls, scale: Scale, tell: Tell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bakery, short = shop("Bakery of the soak"), scale.rows < 200_000
    bakery.people(scale.rows, large.address)
    campaign, frozen = large.freeze(bakery, scale.rows, short=short)
    with sink("-c") as (port, _process):
        monkeypatch.setenv("MANDATA_SMTP_URL", f"smtp://127.0.0.1:{port}")
        monkeypatch.setenv("MANDATA_KEYS", str(env().keys_folder))
        monkeypatch.setenv("MANDATA_VAR", str(tmp_path))
        monkeypatch.setenv("MANDATA_ENGINE_ALONE", "1")
        monkeypatch.setenv("MANDATA_ENGINE_ONLY", str(bakery.id))
        monkeypatch.setenv("PYTHONPATH", f"src{os.pathsep}.")
        flat = large.send(bakery, campaign, scale.rows, 2, pages=dict, short=short)
    assert bakery.states(campaign) == {"sent": scale.rows}
    tell(recipients=scale.rows)
    assert frozen, "the audience was frozen in time"
    assert flat, "workers stay small and do not grow"
