"""From where somebody accepted, told as roughly as evidence allows: the network, not the address; the browser, not
its build.
"""

from typing import Final

from mandata.foundation import networks

_BROWSERS: Final = (
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS: Final = (
    ("Android", "Android"),
    ("iPhone", "iOS"),
    ("iPad", "iOS"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def network(address: str) -> str:
    """The network of an address: /24 of IPv4, /48 of IPv6; empty for what is no address."""
    return networks.reduced(address)


def agent(header: str) -> str:
    """The family of a browser and its system, "Firefox, Linux"; "other" for what is none that we know."""
    browser = next((name for mark, name in _BROWSERS if mark in header), "other")
    system = next((name for mark, name in _SYSTEMS if mark in header), "")
    return f"{browser}, {system}" if system else browser
