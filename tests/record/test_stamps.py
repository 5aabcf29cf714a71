"""Time-stamps by a real authority: daily, on demand, verified; one that fails is asked again and blocks nothing."""

from datetime import timedelta
from pathlib import Path

import pytest

from mandata.foundation.actors import SYSTEM
from mandata.foundation.errors import Fault
from mandata.infra import environment
from mandata.infra.clock import now
from mandata.infra.tenancy import INSTANCE, scope
from mandata.record import selectors, services, stamps, verification
from mandata.record.models import Stamp
from mandata.record.services.stamping import Authority as Asked
from mandata.vault.services import record_signer
from tests.record.authority import Authority
from tests.world import World

NOTE = b"mandata/log\n1\nroot\n2026\n"


@pytest.fixture
def configured(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> Authority:
    """The authority in the settings."""
    told = {"MANDATA_TIMESTAMP_URL": authority.url, "MANDATA_TIMESTAMP_CERTIFICATES": str(authority.certificates)}
    settings = environment.read(told)
    monkeypatch.setattr("mandata.record.services.stamping.env", lambda: settings)
    return authority


def happen(world: World) -> None:
    customer = world.controller()
    with scope(customer.id):
        services.append(kind="test.happened", body={}, actor=SYSTEM, at=now())
    world.sequence()


def count() -> int:
    with scope(INSTANCE):
        return Stamp.objects.count()


@pytest.mark.req("REC-1")
def test_the_newest_head_is_stamped_and_the_stamp_verifies(world: World, configured: Authority) -> None:
    happen(world)
    made = services.stamp(at=now())
    with scope(INSTANCE):
        row = Stamp.objects.get(id=made)
    assert (row.authority, abs(row.at - now()) < timedelta(minutes=1)) == ("127.0.0.1", True)
    world.sequence()
    pem = configured.certificates.read_bytes()
    assert verification.verify(INSTANCE, record_signer().public_key(), pem).findings == []
    with scope(INSTANCE):
        (told,) = selectors.entries(kind="record.stamped", subject=made, limit=1)
    assert told.body["size"] == row.size


def test_a_head_is_stamped_once_and_daily_means_a_day_later_where_something_happened(
    world: World, configured: Authority
) -> None:
    happen(world)
    services.stamp(at=now())
    before = count()
    assert services.stamp(at=now()) is None
    assert services.stamp_due(at=now()) == 0
    world.sequence()
    assert services.stamp_due(at=now() + timedelta(days=2)) == 0, "only the stamp's own entry came since"
    happen(world)
    assert services.stamp_due(at=now() + timedelta(hours=23)) == 0
    assert services.stamp_due(at=now() + timedelta(hours=25)) == 1
    assert count() == before + 1


def test_a_failing_authority_is_asked_again_and_the_record_goes_on(world: World, configured: Authority) -> None:
    happen(world)
    configured.failing, before = True, count()
    tomorrow = now() + timedelta(days=2)
    try:
        for _ in range(2):
            with pytest.raises(Fault, match="503"):
                services.stamp_due(at=tomorrow)
            happen(world)
    finally:
        configured.failing = False
    assert count() == before
    assert verification.verify(INSTANCE, record_signer().public_key()).holds
    assert services.stamp_due(at=tomorrow) == 1


def test_without_an_authority_nothing_is_due_and_asking_is_refused_in_words(world: World) -> None:
    assert services.stamp_due(at=now()) == 0
    with pytest.raises(Fault, match="No time-stamping authority"):
        services.stamp(at=now())


def test_an_authority_that_does_not_exist_and_an_address_that_is_none_are_told(world: World) -> None:
    happen(world)
    for url in ("http://127.0.0.1:1/", "file:///etc/hostname"):
        with pytest.raises(Fault, match="gave no stamp"):
            services.stamp(Asked(url), at=now())


def test_the_answer_of_an_authority_that_is_not_ours_is_not_taken(
    world: World, authority: Authority, tmp_path: Path
) -> None:
    happen(world)
    stranger, before = Authority(tmp_path / "stranger", "Stranger"), count()
    with pytest.raises(Fault, match="signature does not hold"):
        services.stamp(Asked(authority.url, stranger.certificates.read_bytes()), at=now())
    assert count() == before


def test_a_stamp_is_over_one_note_answers_one_request_and_is_a_stamp(authority: Authority) -> None:
    query, pem = stamps.request(NOTE), authority.certificates.read_bytes()
    token = authority.answer(query.data)
    assert abs(stamps.verify(token, NOTE, pem, nonce=query.nonce) - now()) < timedelta(minutes=1)
    with pytest.raises(ValueError, match="something else"):
        stamps.verify(token, NOTE + b"x", pem)
    with pytest.raises(ValueError, match="another request"):
        stamps.verify(token, NOTE, pem, nonce=1)
    with pytest.raises(ValueError, match="no time-stamp"):
        stamps.verify(b"nonsense", NOTE, pem)
    cut = bytearray(token)
    cut[-5] ^= 1
    with pytest.raises(ValueError, match="does not hold"):
        stamps.verify(bytes(cut), NOTE, pem)


def test_certificates_in_an_order_that_the_decoder_does_not_take_are_put_in_order(tmp_path: Path) -> None:
    """What `openssl ts` sends where it sends its chain, too."""
    orders = set()
    for number in range(6):
        chained = Authority(tmp_path / str(number), f"Chained {number}", with_root=True)
        token = chained.answer(stamps.request(NOTE).data)
        assert abs(stamps.verify(token, NOTE, chained.certificates.read_bytes()) - now()) < timedelta(minutes=1)
        orders.add(stamps._ordered(token) == token)
    assert False in orders, "at least one was out of order, or this shows nothing"
