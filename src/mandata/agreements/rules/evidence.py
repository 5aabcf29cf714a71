"""From where somebody accepted, told as roughly as evidence allows: the network, not the address; the browser, not
its build.
"""

from ipaddress import IPv6Address, ip_address, ip_network
from typing import Final

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
    try:
        found = ip_address(address.strip())
    except ValueError:
        return ""
    if isinstance(found, IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    return str(ip_network((found, 48 if found.version == 6 else 24), strict=False))


def agent(header: str) -> str:
    """The family of a browser and its system, "Firefox, Linux"; "other" for what is none that we know."""
    browser = next((name for mark, name in _BROWSERS if mark in header), "other")
    system = next((name for mark, name in _SYSTEMS if mark in header), "")
    return f"{browser}, {system}" if system else browser
