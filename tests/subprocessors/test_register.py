"""The public register: who may stand in it, on what transfers rest, what Annex IV shows."""

from datetime import date, timedelta

import pytest

from mandata.foundation import canonical
from mandata.infra.clock import now
from mandata.infra.tenancy import INSTANCE, scope
from mandata.record.models import Entry
from mandata.subprocessors import selectors
from mandata.subprocessors.errors import BadEntry, NoSuchSubProcessor, WrongState
from mandata.subprocessors.services import register
from mandata.subprocessors.services.register import Resting
from tests.subprocessors.cast import OPERATOR, carrier
from tests.world import World


def entries(kind: str) -> list[dict[str, object]]:
    with scope(INSTANCE):
        rows = Entry.objects.filter(kind=kind).order_by("id")
        return [canonical.loads(bytes(row.leaf)) for row in rows]


@pytest.mark.req("SPR-1")
def test_the_register_shows_every_tier_with_all_that_the_law_and_the_seeds_ask_for(world: World) -> None:
    first = carrier("Northwind Relay Ltd", active=True, contact="privacy@northwind.example", country="IE")
    behind = carrier("Fjord Racks AS", active=True, country="NO", parent="Northwind Relay Ltd")
    mine = {one.id: one for one in selectors.register()}
    assert mine[behind].chain == ("Northwind Relay Ltd", "Fjord Racks AS") and mine[behind].tier == 2
    assert (mine[first].role, mine[first].country, mine[first].contact) == (
        "delivery of e-mail", "IE", "privacy@northwind.example",
    )  # fmt: skip
    assert mine[first].covered and not mine[first].needs_mechanism
    lines = {one.name: one for one in selectors.annex()}
    assert lines["Fjord Racks AS"].tier == 2 and lines["Northwind Relay Ltd"].mechanism == ""


def test_each_act_stands_in_the_installations_own_log(world: World) -> None:
    row = carrier("Quill Post GmbH", active=True, country="DE")
    register.change("Quill Post GmbH", actor=OPERATOR, at=now(), role="postal mail", classes=("group",))
    register.change("Quill Post GmbH", actor=OPERATOR, at=now(), role="postal mail")
    register.end(row, actor=OPERATOR, at=now())
    register.end(row, actor=OPERATOR, at=now())
    kinds = ("subprocessor.added", "subprocessor.corrected", "subprocessor.ended")
    mine = [[one for one in entries(kind) if one["body"]["subprocessor"] == str(row)] for kind in kinds]  # type: ignore[index]
    assert [len(found) for found in mine] == [1, 1, 1]
    assert mine[1][0]["body"]["fields"] == ["classes", "role"]  # type: ignore[index]
    assert "Quill Post GmbH" not in [one.name for one in selectors.register()]
    assert "Quill Post GmbH" in [one.name for one in selectors.register(ended=True)]


def test_what_cannot_be_registered_is_refused_with_a_remedy(world: World) -> None:
    carrier("Twice Ltd", active=True)
    for wrong in ({"name": "Twice Ltd"}, {"name": "Nowhere Ltd", "country": "Mars"}, {"name": " "}):
        with pytest.raises(BadEntry) as refused:
            carrier(**{"name": "Other Ltd", **wrong})  # type: ignore[arg-type]
        assert refused.value.remedy
    with pytest.raises(NoSuchSubProcessor):
        carrier("Orphan Ltd", parent="Nobody Ltd")
    with pytest.raises(BadEntry):
        register.change("Twice Ltd", actor=OPERATOR, at=now(), country="US")
    with pytest.raises(BadEntry):
        register.mechanism("Twice Ltd", Resting("hope", date(2020, 1, 1)), actor=OPERATOR, at=now())
    with pytest.raises(BadEntry):
        backwards = Resting("scc", date(2021, 1, 1), date(2020, 1, 1))
        register.mechanism("Twice Ltd", backwards, actor=OPERATOR, at=now())


def test_whoever_has_others_behind_it_is_not_struck_first(world: World) -> None:
    carrier("Front Ltd", active=True)
    carrier("Behind Ltd", active=True, parent="Front Ltd")
    with pytest.raises(WrongState):
        register.end("Front Ltd", actor=OPERATOR, at=now())
    register.end("Behind Ltd", actor=OPERATOR, at=now())
    register.end("Front Ltd", actor=OPERATOR, at=now())


@pytest.mark.req("TRF-3")
def test_a_mechanism_holds_on_its_last_day_and_not_on_the_day_it_was_struck_down(world: World) -> None:
    carrier("Prairie Mail Inc.", active=True, country="US")
    shield = Resting("privacy_shield", date(2016, 8, 1), struck_down_on=date(2020, 7, 16), reference="2016/1250")
    register.mechanism("Prairie Mail Inc.", shield, actor=OPERATOR, at=now())
    kept = register.mechanism("Prairie Mail Inc.", Resting("scc", date(2021, 6, 27)), actor=OPERATOR, at=now())
    found = selectors.find("Prairie Mail Inc.")
    assert [(one.kind, one.holds) for one in found.mechanisms] == [("privacy_shield", False), ("scc", True)]
    today = now().date()
    register.lapse(kept, on=today, actor=OPERATOR, at=now())
    assert selectors.find("Prairie Mail Inc.").covered
    assert not selectors.find("Prairie Mail Inc.", at=now() + timedelta(days=2)).covered


def test_a_country_with_a_decision_of_the_commission_needs_nothing_on_file(world: World) -> None:
    carrier("Alpine Cloud AG", active=True, country="CH")
    carrier("Thames Data Ltd", active=True, country="GB")
    carrier("Maple Data Inc.", active=True, country="CA")
    assert [selectors.find(name).covered for name in ("Alpine Cloud AG", "Thames Data Ltd", "Maple Data Inc.")] == [
        True, True, False,
    ]  # fmt: skip


def test_what_is_planned_and_not_announced_is_the_operators_own_matter(world: World) -> None:
    carrier("Quiet Ltd")
    assert "Quiet Ltd" not in [one.name for one in selectors.register()]
    assert "Quiet Ltd" in [one.name for one in selectors.planned()]
