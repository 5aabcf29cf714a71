"""The operator's page of backups and keys, in a browser."""

from datetime import timedelta

import pytest

from mandata.accounts import services
from mandata.backups.models import Backup, Restore
from mandata.infra.clock import new_id, now
from mandata.infra.environment import env
from mandata.infra.tenancy import INSTANCE, scope
from tests.browser.driving import Visitor
from tests.world import World
from tests.world.people import PASSWORD

pytestmark = pytest.mark.browser


@pytest.mark.req("SEC-5")
def test_the_page_of_backups_is_read_empty_and_with_what_was_taken(world: World, visitor: Visitor) -> None:
    email = f"otto-{new_id().hex[-10:]}@operator.example"
    services.users.create(email=email, name="Otto Operator", password=PASSWORD, is_operator=True, verified=True)
    visitor.log_in(email, PASSWORD)
    visitor.open("/operator/backups/")
    visitor.page.get_by_text("No store is named.").wait_for()
    visitor.look("operator_backups_empty")
    with scope(INSTANCE):
        for day in range(12):
            began = now() - timedelta(days=12 - day, hours=3)
            kind, stored = (
                ("incremental", 1_000_000 + 90_000 * day) if day % 7 else ("full", 41_000_000 + 800_000 * day)
            )
            Backup.objects.create(
                kind=kind, state="taken", place=env().backup_store, size=6 * stored, stored=stored, started_at=began,
                finished_at=began + timedelta(minutes=4),
            )  # fmt: skip
        Restore.objects.create(kind="drill", began_at=now(), opened_at=now(), report={})
    visitor.open("/operator/backups/")
    visitor.page.get_by_text("No store is named.").wait_for()
    visitor.look("operator_backups")
    page = visitor.page
    taken = page.locator("section", has=page.locator("#taken-title")).locator("tbody tr")
    assert taken.count() >= 12
    assert any("full" in row.lower() and "41.0" in row for row in taken.all_inner_texts())
    assert page.locator("section[aria-label='Size over time'] canvas, section[aria-label='Size over time'] svg").count()
    drills = page.locator("section", has=page.locator("#drills-title"))
    assert "held" in drills.locator("tbody tr").first.inner_text()
