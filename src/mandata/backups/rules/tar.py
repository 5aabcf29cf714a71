"""One file out of a tar stream that goes by, in flat memory (POSIX.1-1988 ustar; sizes also in GNU's base 256)."""

from collections.abc import Callable
from typing import Final

_BLOCK: Final = 512


class Watch:
    """Give it the stream chunk by chunk; what belongs to the file `wanted` is handed to `take`."""

    def __init__(self, wanted: str, take: Callable[[bytes], object]) -> None:
        self._wanted = wanted.encode()
        self._take = take
        self._header = bytearray()
        self._content = 0  # bytes that are left of the present file
        self._padding = 0
        self._taking = False
        self.found = False

    def feed(self, chunk: bytes) -> None:
        """Take the next chunk of the stream."""
        at = 0
        while at < len(chunk):
            if self._content:
                part = min(self._content, len(chunk) - at)
                if self._taking:
                    self._take(chunk[at : at + part])
                self._content -= part
            elif self._padding:
                part = min(self._padding, len(chunk) - at)
                self._padding -= part
            else:
                part = min(_BLOCK - len(self._header), len(chunk) - at)
                self._header += chunk[at : at + part]
                if len(self._header) == _BLOCK:
                    self._begin(bytes(self._header))
                    self._header.clear()
            at += part

    def _begin(self, header: bytes) -> None:
        if not header.strip(b"\0"):
            return  # two such blocks end a tar
        size = header[124:136]
        self._content = int.from_bytes(size[1:], "big") if size[0] & 0x80 else int(size.rstrip(b"\0 ") or b"0", 8)
        self._padding = -self._content % _BLOCK
        self._taking = header[:100].rstrip(b"\0") == self._wanted
        self.found = self.found or self._taking
