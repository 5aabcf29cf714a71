"""One engine process: a supply thread, a transport, and the end of both.

SIGTERM: nothing more is taken from the desk, what is in flight gets its outcome, the rest returns to the queue, all of
it is settled, and the process leaves. kill -9: the journal stays; the next process on the host replays it.
"""

import threading
import time
from pathlib import Path
from uuid import UUID

from mandata.delivery.engine.desk import Desk
from mandata.delivery.engine.supply import Supply
from mandata.delivery.transports.port import Transport, Unreachable
from mandata.foundation.tokens import TokenKeys
from mandata.infra.clock import new_id
from mandata.infra.logs import log

_PAUSE = 2.0

_log = log("delivery")


class Worker:
    """Sends what is due through one transport until nothing is due for a while, or `stop`."""

    def __init__(
        self,
        *,
        transport: Transport,
        keys: TokenKeys,
        domain: str,
        folder: Path,
        worker_id: UUID | None = None,
        fsync: bool = False,
        patience: float = 5.0,
        only: frozenset[UUID] = frozenset(),
    ) -> None:
        self.id = worker_id or new_id()
        self.desk = Desk(keys, domain)
        self.supply = Supply(self.desk, transport, folder, self.id, fsync=fsync, patience=patience, only=only)
        self._transport = transport
        self._stopping = threading.Event()

    def stop(self) -> None:
        """Finish what is in flight and leave; may be called from a signal handler or another thread."""
        self.desk.draining = True
        self._stopping.set()
        self.desk.news.set()

    def run(self) -> int:
        """Work; return how many messages were sent. Raises what the supply thread died of, and Fault where the journal
        could not be written; then everything is settled all the same."""
        thread = threading.Thread(target=self.supply.run, name="supply", daemon=True)
        thread.start()
        try:
            while not self.desk.closed():
                if not self.desk.laid_out:
                    # No connection is opened before there is something to send.
                    time.sleep(0.01)
                    continue
                self._send()
        finally:
            self.desk.give_back()
            self.supply.stop()
            thread.join()
        if self.supply.problem is not None:
            raise self.supply.problem
        if self.desk.fault is not None:
            raise self.desk.fault
        return self.desk.sent

    def _send(self) -> None:
        try:
            self._transport.send(self.desk)
        except Unreachable as error:
            _log.error("transport.unreachable", reason=str(error))
            self.desk.give_back()
            self._stopping.wait(_PAUSE)
