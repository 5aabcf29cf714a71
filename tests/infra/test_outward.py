"""Where a name leads that somebody else gave: into the internet, or nowhere."""

import pytest

from mandata.infra.outward import Inside, address


@pytest.mark.req("SEC-2")
@pytest.mark.parametrize(
    "place",
    [
        "10.0.0.1",
        "127.0.0.1",
        "169.254.169.254",
        "224.0.0.1",
        "::",
        "::1",
        "fd00::1",
        "fe80::1%lo",
        "::ffff:10.0.0.1",
        "::10.0.0.1",
        "64:ff9b::a00:1",
        "64:ff9b:1::a00:1",
        "2002:a00:1::",
    ],
)
def test_what_leads_inside_is_refused_however_it_is_written(place: str) -> None:
    with pytest.raises(Inside):
        address(place, 443)


@pytest.mark.parametrize("place", ["198.41.0.4", "2001:503:ba3e::2:30", "64:ff9b::c629:4", "2002:c629:4::1"])
def test_what_leads_into_the_internet_passes(place: str) -> None:
    assert address(place, 443) == place


@pytest.mark.parametrize("place", ["127.0.0.1", "::1"])
def test_this_computer_passes_where_that_is_allowed(place: str) -> None:
    assert address(place, 443, loopback=True) == place
