"""The mail catcher as a holding: what it caught for an address, as far as the scope's controller had it sent.

The catcher keeps the mail of all controllers and knows none. A campaign's message is told by the token in its
envelope sender, a notice by its Message-ID; what is neither is another's or nobody's and stays out of sight.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from email.parser import BytesHeaderParser
from typing import Any
from urllib.error import URLError
from uuid import UUID

from mandata.accounts import personal as accounts
from mandata.campaigns import personal as campaigns
from mandata.delivery.catcher.client import CatcherClient
from mandata.foundation import tokens
from mandata.foundation.errors import Fault
from mandata.infra.environment import env
from mandata.vault.services import token_keys

_TOKEN = re.compile(r"(?=([A-Za-z0-9_-]{43}))")  # at every place: what stands before a token may look like a part of it
_HEX_ID = re.compile(r"<([0-9a-f]{32})@")


@dataclass(frozen=True, slots=True)
class Mail:
    """A caught message of this controller's."""

    number: int
    at: str
    sender: str
    recipient: str = field(repr=False)


def count(addresses: Sequence[str]) -> dict[str, int]:
    """Return how many messages to each address are caught."""
    return dict(Counter(mail.recipient for mail in _find(addresses)))


def told(address: str) -> list[dict[str, object]]:
    """Return the messages to the address as they came."""
    return [
        {"at": mail.at, "message": _client().content(mail.number).decode("utf-8", "replace")}
        for mail in _find([address])
    ]


def erase(addresses: Sequence[str]) -> dict[str, int]:
    """Overwrite and forget the messages to the addresses; return how many to each."""
    found = _find(addresses)
    if found:
        _client().erase([mail.recipient for mail in found], [mail.number for mail in found])
    return dict(Counter(mail.recipient for mail in found))


def told_all() -> Iterator[bytes]:
    """Yield every message that the scope's controller had sent, as it came."""
    if env().catcher_url:
        yield from (_client().content(int(one["id"])) for one in _listed() if _is_ours(one))


def forget_all() -> int:
    """Overwrite and forget every message that the scope's controller had sent; return how many."""
    if not env().catcher_url:
        return 0
    found = [one for one in _listed() if _is_ours(one)]
    if found:
        _client().erase([str(one["recipient"]) for one in found], [int(one["id"]) for one in found])
    return len(found)


def _listed() -> list[dict[str, Any]]:
    try:
        return list(_client().messages())
    except URLError as error:
        raise _silent(error) from None


def _silent(error: URLError) -> Fault:
    return Fault(
        f"The mail catcher at {env().catcher_url} does not answer: {error.reason}.",
        remedy="Start it, or empty MANDATA_CATCHER_URL where there is none.",
    )


def _client() -> CatcherClient:
    return CatcherClient(env().catcher_url)


def _find(addresses: Sequence[str]) -> list[Mail]:
    """One question for all addresses."""
    asked = {address.lower(): address for address in addresses}
    if not env().catcher_url or not asked:
        return []
    try:
        return [
            Mail(int(found["id"]), str(found["at"]), str(found["sender"]), asked[str(found["recipient"])])
            for found in _client().find(*asked)
            if _is_ours(found)
        ]
    except URLError as error:
        raise _silent(error) from None


def _is_ours(found: dict[str, Any]) -> bool:
    keys = token_keys()
    for text in _TOKEN.findall(str(found["sender"])):
        try:
            parsed = tokens.parse({keys.key_id: keys}, text)
        except tokens.BadToken:
            continue
        return campaigns.has_number(parsed.campaign_no)
    head = BytesHeaderParser().parsebytes(_client().content(int(found["id"])))
    named = _HEX_ID.search(str(head.get("Message-ID", "")))
    return named is not None and accounts.has_notice(UUID(named.group(1)))
