"""IP addresses are kept reduced: as the network that they belong to (Art. 5(1)(c) GDPR)."""

from ipaddress import IPv6Address, ip_address, ip_network


def reduced(address: str) -> str:
    """The network of an address: /24 of IPv4, /48 of IPv6; empty for what is no address."""
    try:
        found = ip_address(address.strip())
    except ValueError:
        return ""
    if isinstance(found, IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    return str(ip_network((found, 48 if found.version == 6 else 24), strict=False))
