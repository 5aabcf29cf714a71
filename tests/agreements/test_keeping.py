"""For how long backups may be kept: the shortest promise among the live agreements."""

from datetime import timedelta

import pytest

from mandata.agreements import selectors
from tests.agreements.deals import Deal, deal
from tests.world import NOON, World

LATER = NOON + timedelta(days=1)


def _among(*deals: Deal, monkeypatch: pytest.MonkeyPatch) -> selectors.Promise | None:
    """As if there were these controllers only: other tests left theirs."""
    monkeypatch.setattr("mandata.accounts.selectors.ids", lambda: [one.id for one in deals])
    return selectors.shortest_promise(LATER)


@pytest.mark.req("RET-4")
def test_the_shortest_promise_on_backups_counts(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    ninety, sixty = deal("gdpr-art28", at=NOON), deal("ecomail", at=NOON)
    promise = _among(ninety, monkeypatch=monkeypatch)
    assert promise is not None
    assert (promise.controller, promise.clause) == (ninety.id, "end.grace")
    assert timedelta(days=89) <= promise.length <= timedelta(days=90)
    both = _among(ninety, sixty, monkeypatch=monkeypatch)
    assert both is not None
    assert (both.controller, both.clause) == (sixty.id, "end.backup")
    assert both.length < promise.length


def test_without_an_agreement_that_speaks_of_backups_nothing_is_promised(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert _among(deal("ccpa-7051", at=NOON), monkeypatch=monkeypatch) is None
    assert _among(monkeypatch=monkeypatch) is None
