"""Metrics: there for who has the token, made of counters, naming nobody."""

import json
import re
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from mandata.delivery.models import Flow
from mandata.infra import environment
from mandata.infra.clock import new_id, now
from mandata.infra.postgres import Urls
from mandata.watching import metrics, services
from tests.delivery.mailing import shop

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
TOKEN = "a-token-of-the-tests"
_WORD = re.compile(r"\bmandata_[a-z_]+\b")


@pytest.fixture
def metered(monkeypatch: pytest.MonkeyPatch, database: Urls) -> None:
    monkeypatch.setenv("MANDATA_METRICS_TOKEN", TOKEN)
    environment.env.cache_clear()
    monkeypatch.setattr(environment, "env", environment.env)


@pytest.fixture(autouse=True)
def _forget() -> object:
    yield None
    environment.env.cache_clear()


def scraped(token: str = TOKEN) -> "tuple[int, str]":
    answer = Client().get("/metrics", headers={"Authorization": f"Bearer {token}"})
    return answer.status_code, answer.content.decode()


def names() -> set[str]:
    """The names of all samples, as Prometheus stores them."""
    return {sample.name for family in text_string_to_metric_families(metrics.exposition(now()).decode())
            for sample in family.samples} | {family.name for family in text_string_to_metric_families(
                metrics.exposition(now()).decode())}  # fmt: skip


def test_there_are_no_metrics_without_a_token_in_the_settings(database: Urls) -> None:
    assert scraped()[0] == 404


def test_metrics_are_for_the_bearer_of_the_token_only(metered: None) -> None:
    assert scraped("another")[0] == 401
    assert Client().get("/metrics").status_code == 401
    status, text = scraped()
    assert status == 200 and "mandata_workers_alive" in text


def test_a_checkout_that_nobody_installed_gives_metrics_too(metered: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr("importlib.metadata.version", unknown)
    status, text = scraped()
    assert status == 200 and re.search(r"^mandata_\w*info\{.*version=\"\w", text, re.MULTILINE)


def test_no_label_names_a_controller_or_a_person(metered: None) -> None:
    bakery = shop("Bakery of the metrics")
    bakery.people(3)
    campaign = bakery.launched()
    text = scraped()[1]
    families = {family.name: family for family in text_string_to_metric_families(text)}
    waiting = {sample.labels["state"]: sample.value for sample in families["mandata_queue_messages"].samples}
    assert waiting["queued"] >= 3
    assert str(bakery.id) not in text and str(campaign) not in text and "Bakery" not in text and "@" not in text
    labels = {label for family in families.values() for sample in family.samples for label in sample.labels}
    assert labels <= {"transport", "kind", "provider", "state", "host", "loop", "folder", "stream", "queue", "code",
                      "version", "limit"}  # fmt: skip


def used(text: str) -> set[str]:
    return set(_WORD.findall(text))


@pytest.fixture(scope="module")
def known(database: Urls) -> set[str]:
    """The names of metrics of an installation in which there is one of everything."""
    worker = new_id()
    services.enter(worker_id=worker, host="metrics.example", at=now())
    services.beat(worker_id=worker, loops={"events": (now(), 1.0)}, at=now())
    Flow.objects.get_or_create(shard=0, transport=0, provider="", state="sent", defaults={"count": 0})
    found = names()
    services.leave(worker_id=worker)
    return found | {"mandata_backup_age_seconds"}  # only where a backup was taken


def test_every_expression_of_the_dashboard_names_a_metric_that_exists(known: set[str]) -> None:
    board = json.loads((DEPLOY / "grafana" / "mandata.json").read_text(encoding="utf-8"))
    expressions = [target["expr"] for panel in board["panels"] for target in panel.get("targets", [])]
    assert len(expressions) > 12
    for expression in expressions:
        assert used(expression) and used(expression) <= known, expression


def test_every_alert_names_a_metric_that_exists(known: set[str]) -> None:
    text = (DEPLOY / "prometheus" / "mandata.rules.yml").read_text(encoding="utf-8")
    expressions = re.findall(r"^\s+expr: (.+)$", text, re.MULTILINE)
    assert len(expressions) > 8
    for expression in expressions:
        assert used(expression) and used(expression) <= known, expression


def test_the_page_of_the_documentation_lists_every_metric_and_no_other(known: set[str]) -> None:
    page = (DEPLOY.parent / "docs" / "watching.md").read_text(encoding="utf-8")
    families = text_string_to_metric_families(metrics.exposition(now()).decode())
    rows = dict(re.findall(r"^\| `(mandata_[a-z_]+)` \| (.+) \|$", page, re.MULTILINE))
    wanted = {
        family.name + ("_total" if family.type == "counter" else "_info" if family.type == "info" else ""): family
        for family in families
    }
    assert set(wanted) | {"mandata_backup_age_seconds"} == set(rows)
    assert all(family.documentation == rows[name] for name, family in wanted.items())


def test_the_web_says_that_it_lives_and_that_it_is_ready(database: Urls) -> None:
    assert Client().get("/health").content == b"ok"
    answer = Client().get("/ready")
    assert (answer.status_code, answer.content) == (200, b"ok")
