"""The catcher as a whole: SMTP in, JSON over HTTP out, reports and complaints back to the sender."""

import asyncio
import queue
import smtplib
import threading
from dataclasses import dataclass
from datetime import datetime
from http.server import ThreadingHTTPServer
from pathlib import Path

from mandata.delivery.catcher import smtp
from mandata.delivery.catcher.reports import complaint, delivery_report
from mandata.delivery.catcher.script import DEFAULT, Line
from mandata.delivery.catcher.store import Caught, Store
from mandata.delivery.catcher.web import handler
from mandata.infra.clock import now

_ATTEMPTS = 60


@dataclass(frozen=True, slots=True)
class Place:
    """Where the catcher listens and where reports go; port 0 takes a free one, an empty `returns` sends no reports."""

    folder: Path
    host: str = "127.0.0.1"
    smtp_port: int = 2525
    http_port: int = 8025
    returns: str = ""
    name: str = "catcher.localhost"


class Catcher:
    """Start it, and it catches until `stop`. Ports are known after `start`."""

    def __init__(self, place: Place, script: tuple[Line, ...] = DEFAULT) -> None:
        self.place = place
        self.script = script
        self.store = Store(place.folder)
        self.smtp_port = place.smtp_port
        self.http_port = place.http_port
        self.sent_back = 0
        self._loop = asyncio.new_event_loop()
        self._ending = threading.Event()
        self._back: queue.Queue[tuple[str, bytes] | None] = queue.Queue()
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Listen. OSError when a port is taken."""
        server = self._loop.run_until_complete(
            smtp.serve(
                self.place.host,
                self.place.smtp_port,
                name=self.place.name,
                script=lambda: self.script,
                keep=self._keep,
                clock=now,
            )
        )
        self.smtp_port = server.sockets[0].getsockname()[1]
        self._web = ThreadingHTTPServer((self.place.host, self.place.http_port), handler(self))
        self._web.daemon_threads = True
        self.http_port = self._web.server_address[1]
        for run in (self._loop.run_forever, self._web.serve_forever, self._send_back):
            thread = threading.Thread(target=run, daemon=True, name=f"catcher-{run.__name__}")
            thread.start()
            self._threads.append(thread)

    def stop(self) -> None:
        """Stop listening, send the reports still waiting, close the store."""
        self._ending.set()
        self._back.put(None)
        self._web.shutdown()
        self._web.server_close()
        self._loop.call_soon_threadsafe(self._loop.stop)
        for thread in self._threads:
            thread.join(timeout=10)
        self.store.close()

    def report(self, caught: Caught, reply: str) -> None:
        """Send a delivery report about a caught message, as if it had failed later; `reply` like "550 5.1.1 No"."""
        content = self.store.content(caught.id)
        self._report(caught.sender, caught.recipient, content, reply, caught.at)

    def complain(self, caught: Caught) -> None:
        """Send a complaint about a caught message."""
        self._complain(caught.sender, caught.recipient, self.store.content(caught.id), caught.at)

    def _keep(self, sender: str, recipient: str, content: bytes, line: Line | None, at: datetime) -> None:
        self.store.add(sender, recipient, content, at)
        if line is not None and line.stage == "report":
            self._report(sender, recipient, content, line.reply, at)
        elif line is not None and line.stage == "complaint":
            self._complain(sender, recipient, content, at)

    def _report(self, sender: str, recipient: str, content: bytes, reply: str, at: datetime) -> None:
        name = self.place.name
        self._back.put(
            (
                sender,
                delivery_report(host=name, sender=sender, recipient=recipient, reply=reply, content=content, at=at),
            )
        )

    def _complain(self, sender: str, recipient: str, content: bytes, at: datetime) -> None:
        name = self.place.name
        self._back.put((sender, complaint(host=name, sender=sender, recipient=recipient, content=content, at=at)))

    def _send_back(self) -> None:
        """Carry reports to the returns listener, one after another; one that is refused for good is dropped."""
        while (item := self._back.get()) is not None:
            for _attempt in range(_ATTEMPTS):
                if self._carried(*item) or self._ending.wait(1.0):
                    break

    def _carried(self, to: str, raw: bytes) -> bool:
        """Whether a report is done with: taken, or refused for good. What is away or busy is tried again."""
        host, _, port = self.place.returns.rpartition(":")
        if not host or not to:
            return True
        try:
            with smtplib.SMTP(host, int(port), local_hostname=self.place.name, timeout=30) as client:
                client.sendmail("", [to], raw)
                self.sent_back += 1
        except smtplib.SMTPRecipientsRefused as refused:
            return all(code >= 500 for code, _words in refused.recipients.values())
        except smtplib.SMTPResponseException as refused:
            return refused.smtp_code >= 500
        except (OSError, smtplib.SMTPException):
            return False
        return True
