"""What the engine keeps at hand of campaigns and controllers, looked up anew every few seconds."""

import time
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from mandata.campaigns import selectors as campaigns
from mandata.delivery import selectors
from mandata.delivery.rendering.compiled import Compiled
from mandata.delivery.services.claiming import Order, Standing, standing
from mandata.delivery.services.keys import signing_keys
from mandata.delivery.signing import Signer
from mandata.infra.tenancy import scope

_KEPT_FOR = 5.0


@dataclass(slots=True)
class Loaded:
    """A campaign ready to be filled. `returns`: the domain of its envelope senders, where it has one of its own."""

    controller_id: UUID
    campaign_id: UUID
    number: int
    list_id: UUID
    frozen_at: datetime
    digest: bytes
    compiled: Compiled
    signer: Signer
    domain: str
    until: float
    returns: str = ""

    def order(self, worker_id: UUID, shard: int, transport: int = 0) -> Order:
        """Return what a claim of this campaign by a worker is, for a transport."""
        return Order(self.controller_id, self.campaign_id, self.list_id, self.frozen_at, worker_id, shard, transport)


class Shelf:
    """Campaigns and controllers' standings, each kept a few seconds."""

    def __init__(self) -> None:
        self._campaigns: dict[UUID, Loaded] = {}
        self._standings: dict[UUID, tuple[float, Standing | None]] = {}

    def campaign(self, controller_id: UUID, campaign_id: UUID) -> Loaded | None:
        """Return a campaign that is sending, or None for any other state."""
        held = self._campaigns.get(campaign_id)
        if held is not None and time.monotonic() < held.until:
            return held
        with scope(controller_id):
            row = campaigns.row(campaign_id)
            if row.state != "sending" or row.list_id is None or row.launched_at is None:
                self._campaigns.pop(campaign_id, None)
                return None
            found = campaigns.sendable(campaign_id)
            domain = found.sender_address.rpartition("@")[2].lower()
            keys, returns = signing_keys(domain), selectors.aligned_return(domain)
        signer = held.signer if held is not None and held.signer.keys == keys else Signer(keys)
        same = held is not None and held.digest == found.digest
        compiled = held.compiled if same and held is not None else Compiled.from_bytes(found.data)
        held = Loaded(
            controller_id, campaign_id, found.number, row.list_id, row.launched_at, found.digest, compiled, signer,
            domain, time.monotonic() + _KEPT_FOR, returns,
        )  # fmt: skip
        self._campaigns[campaign_id] = held
        return held

    def standing(self, controller_id: UUID, at: datetime) -> Standing | None:
        """Return what the controller's claims rest on, at most one second old."""
        kept = self._standings.get(controller_id)
        if kept is None or time.monotonic() > kept[0]:
            kept = (time.monotonic() + 1.0, standing(controller_id, at=at))
            self._standings[controller_id] = kept
        return kept[1]

    def forget(self) -> None:
        """Drop everything, keys among it."""
        self._campaigns.clear()
        self._standings.clear()
