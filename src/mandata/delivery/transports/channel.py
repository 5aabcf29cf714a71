"""A non-blocking socket, plain or under TLS, that remembers what it could not write yet."""

import socket
import ssl
from collections.abc import Callable

_READ_SIZE = 65536
_SEND_BUFFER = 1 << 19


class Closed(Exception):
    """The other side closed the connection."""


class Channel:
    """Bytes in and out. `wants_write` says whether the loop must wait for room."""

    __slots__ = ("_out", "_tls", "left", "sock", "wants_write")

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self._out: list[bytes] = []
        self._tls: ssl.SSLSocket | None = None
        self.left = 0
        self.wants_write = False

    @classmethod
    def connecting(cls, host: str, port: int, source: str = "") -> "Channel":
        """Start a connection without waiting for it, from the address `source` if one is given.

        Raises OSError when the name does not resolve, or the address is none of this machine's.
        """
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        sock = socket.socket(family, kind, protocol)
        try:
            sock.setblocking(False)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)
            if source:
                sock.bind((source, 0))
            sock.connect_ex(address)
        except OSError:
            sock.close()
            raise
        channel = cls(sock)
        channel.wants_write = True
        return channel

    def check_connected(self) -> None:
        """Raise OSError if the connection attempt failed."""
        error = self.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if error:
            raise OSError(error, "connection failed")
        self.wants_write = False

    def start_tls(self, context: ssl.SSLContext, host: str) -> None:
        """Put TLS on the connection; `handshake` completes it."""
        self._tls = context.wrap_socket(self.sock, server_hostname=host, do_handshake_on_connect=False)
        self.sock = self._tls

    def handshake(self) -> bool:
        """Go on with the handshake; return True when it is done. Raises ssl.SSLError."""
        assert self._tls is not None
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            self.wants_write = False
            return False
        except ssl.SSLWantWriteError:
            self.wants_write = True
            return False
        self.wants_write = False
        return True

    def chain(self) -> list[bytes]:
        """Return the certificates that the other side showed, as DER, its own first; whether they hold is not asked."""
        assert self._tls is not None
        if hasattr(self._tls, "get_unverified_chain"):  # public since Python 3.13
            return list(self._tls.get_unverified_chain())
        inner = getattr(self._tls, "_sslobj", None)
        shown = inner.get_unverified_chain() if inner is not None else None
        return [ssl.PEM_cert_to_DER_cert(one.public_bytes()) for one in shown or ()]

    def write(self, *pieces: bytes) -> None:
        """Queue bytes and send as much as the kernel takes now."""
        self._out.extend(pieces)
        for piece in pieces:
            self.left += len(piece)
        self.flush()

    def flush(self) -> None:
        """Send what is queued, as far as it goes."""
        if self._tls is not None:
            self._flush_tls(self._tls.send)
        else:
            self._flush_plain()
        self.wants_write = self.left > 0

    def _flush_plain(self) -> None:
        while self.left:
            try:
                done = self.sock.sendmsg(self._out)
            except BlockingIOError:
                return
            self.left -= done
            if not self.left:
                self._out.clear()
                return
            self._drop(done)

    def _flush_tls(self, send: Callable[[bytes], int]) -> None:
        if len(self._out) > 1:
            self._out = [b"".join(self._out)]
        while self.left:
            try:
                done = send(self._out[0])
            except (ssl.SSLWantWriteError, ssl.SSLWantReadError):
                return
            self.left -= done
            self._drop(done)

    def _drop(self, done: int) -> None:
        while self._out and done >= len(self._out[0]):
            done -= len(self._out.pop(0))
        if done:
            self._out[0] = self._out[0][done:]

    def read(self) -> bytes:
        """Return what arrived, b"" when nothing did. Raises Closed or OSError."""
        try:
            data = self.sock.recv(_READ_SIZE)
            while self._tls is not None and self._tls.pending():
                data += self._tls.recv(_READ_SIZE)
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return b""
        if not data:
            raise Closed
        return data

    def close(self) -> None:
        """Close the socket."""
        self.sock.close()
