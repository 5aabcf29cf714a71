"""The spellings that an address has in what mail servers say."""

import base64
import binascii
import html
import quopri
from collections.abc import Callable
from email.header import Header
from urllib.parse import quote

WRITTEN: dict[str, Callable[[str], str]] = {
    "plain": lambda address: address,
    "upper": str.upper,
    "angles": lambda address: f"<{address}>",
    "percent": lambda address: quote(address, safe=""),
    "percent, all": lambda address: "".join(f"%{octet:02X}" for octet in address.encode()),
    "percent, twice": lambda address: quote(quote(address, safe=""), safe=""),
    "quoted-printable at": lambda address: address.replace("@", "=40"),
    "quoted-printable": lambda address: quopri.encodestring(address.encode()).decode(),
    "quoted-printable, all": lambda address: "".join(f"={octet:02X}" for octet in address.encode()),
    "references": lambda address: "".join(f"&#{ord(letter)};" for letter in address),
    "named reference": lambda address: html.escape(address).replace("@", "&commat;"),
    "escapes": lambda address: "".join(f"\\u{ord(letter):04x}" for letter in address),
    "verp": lambda address: "b-" + "=".join(address.rsplit("@", 1)) + "@returns.example",
    "verp alone": lambda address: "=".join(address.rsplit("@", 1)),
    "wide": lambda address: address.replace("@", "＠"),
    "base64 word": lambda address: Header(address, "utf-8").encode(),
    "base64": lambda address: base64.b64encode(address.encode()).decode(),
    "base64 within": lambda address: base64.b64encode(b"to=" + address.encode() + b";x").decode(),
    "hexadecimal": lambda address: binascii.hexlify(address.encode()).decode(),
    "utf-16": lambda address: binascii.hexlify(address.encode("utf-16-le")).decode(),
    "misread": lambda address: address.encode().decode("latin-1"),
    "local part": lambda address: address.rpartition("@")[0],
    "mailbox": lambda address: "/var/mail/" + address.rpartition("@")[0],
}
