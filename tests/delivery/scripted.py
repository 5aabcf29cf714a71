"""An SMTP server that misbehaves as told: a real socket, one thread per connection, a script per server."""

import select
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

Script = Callable[["Talk"], None]
_STILL_THERE = 0.3


def family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


class Gone(Exception):
    """The client went away."""


@dataclass
class Talk:
    """One connection, as a script sees it."""

    sock: socket.socket
    server: "Scripted"
    number: int
    _rest: bytes = b""

    def say(self, *lines: str) -> None:
        self.raw("".join(line + "\r\n" for line in lines).encode())

    def raw(self, data: bytes) -> None:
        self.sock.sendall(data)

    def drip(self, text: str) -> None:
        """Send a reply byte by byte."""
        for byte in (text + "\r\n").encode():
            self.sock.sendall(bytes([byte]))

    def line(self) -> str:
        while b"\n" not in self._rest:
            self._more()
        line, _, self._rest = self._rest.partition(b"\n")
        return line.decode().rstrip("\r")

    def _more(self) -> None:
        data = self.sock.recv(65536)
        if not data:
            raise Gone
        self._rest += data

    def some(self) -> None:
        """Wait until anything has come."""
        if not self._rest:
            self._more()

    def until_gone(self, waits: Callable[[], None] = lambda: None) -> None:
        """Take everything and answer nothing, until the client leaves; `waits` is called while it has not."""
        self.sock.settimeout(_STILL_THERE)
        waits()
        while True:
            try:
                if not self.sock.recv(65536):
                    return
            except TimeoutError:
                waits()

    def deaf(self, waits: Callable[[], None] = lambda: None) -> None:
        """Take nothing and answer nothing, until the client leaves; `waits` is called while it has not."""
        poll = select.poll()
        poll.register(self.sock, select.POLLRDHUP)
        waits()
        while not poll.poll(_STILL_THERE * 1000):
            waits()

    def content(self) -> bytes:
        while not (self._rest.startswith(b".\r\n") or b"\r\n.\r\n" in self._rest):
            self._more()
        if self._rest.startswith(b".\r\n"):
            body, self._rest = b"", self._rest[3:]
        else:
            body, _, self._rest = self._rest.partition(b"\r\n.\r\n")
            body += b"\r\n"
        return body

    def greet(self, *offers: str) -> None:
        """Greeting and EHLO."""
        self.say("220 test ready")
        self.line()
        lines = ["test", *offers]
        self.say(*[f"250{'-' if i < len(lines) - 1 else ' '}{line}" for i, line in enumerate(lines)])

    def serve(self, rcpt: Callable[[str], str] = lambda _: "250 ok", dot: Callable[[str], str] = lambda _: "250 ok",
              say: Callable[[str], None] | None = None,
              parting: Callable[[], None] = lambda: None) -> None:  # fmt: skip
        """Go on as a plain server would, until the client leaves; `parting` is called before the last reply."""
        say = say or self.say
        recipient, accepted = "", False
        while True:
            line = self.line()
            self.server.commands.append(line)
            verb = line[:4].upper()
            if verb == "RCPT":
                recipient = line[line.index("<") + 1 : line.index(">")]
                answer = rcpt(recipient)
                accepted = answer.startswith("2")
                say(answer)
            elif verb == "DATA":
                if not accepted:
                    say("554 5.5.1 no valid recipients")
                    continue
                say("354 go on")
                body = self.content()
                answer = dot(recipient)
                if answer.startswith("2"):
                    self.server.took(recipient, body)
                say(answer)
                accepted = False
            elif verb == "QUIT":
                parting()
                say("221 bye")
                return
            else:
                accepted = accepted and verb != "RSET"
                say("250 ok")


@dataclass
class Scripted:
    """A server on a free port; `script` is run for each connection."""

    script: Script
    received: list[tuple[str, bytes]] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    connections: int = 0
    host: str = "127.0.0.1"
    port: int = 0
    peers: list[str] = field(default_factory=list)

    def __enter__(self) -> "Scripted":
        self._lock = threading.Lock()
        self._listener = socket.create_server((self.host, self.port), family=family(self.host))
        self.port = self._listener.getsockname()[1]
        self._socks: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # who waits in accept would keep the port
        self._listener.close()
        for sock in self._socks:
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            sock.close()

    def took(self, recipient: str, body: bytes) -> None:
        with self._lock:
            self.received.append((recipient, body))

    def _accept(self) -> None:
        while True:
            try:
                sock, peer = self._listener.accept()
            except OSError:
                return
            self.peers.append(peer[0])
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.connections += 1
            self._socks.append(sock)
            threading.Thread(target=self._run, args=(Talk(sock, self, self.connections),), daemon=True).start()

    def _run(self, talk: Talk) -> None:
        with suppress(Gone, OSError):
            self.script(talk)
        with suppress(OSError):
            talk.sock.shutdown(socket.SHUT_RDWR)
        talk.sock.close()
