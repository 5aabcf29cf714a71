"""`python -m tests.delivery.storm.sink PORT FILE HOSTS DELAY`: a receiver that only counts, fast, and survives kill -9.

For each letter the number of its recipient (readerN@...) and a checksum of its Message-ID go to the file before the
letter is answered with 250; what `write` took outlives the process. So whatever was acknowledged is in the file, once
for each time.
"""

import asyncio
import os
import re
import subprocess
import sys
import time
import zlib
from array import array
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tests.delivery.conftest import wait_for_port
from tests.ports import free_port

_WIDTH: Final = 8
_READER: Final = re.compile(rb"<reader([0-9]+)@")
_GREETING = b"220 sink.test ready\r\n"
_OFFERS = b"250-sink.test\r\n250-PIPELINING\r\n250 8BITMIME\r\n"


class Sink:
    """The process, which can be killed and begins again on the same port and file.

    `hosts` are the addresses that it listens on; each letter is answered after `delay` seconds.
    """

    def __init__(self, file: Path, *, port: int = 0, hosts: Sequence[str] = ("127.0.0.1",), delay: float = 0.0) -> None:
        self.port = port or free_port()
        self.file = file
        self._hosts = list(hosts)
        self._delay = delay
        file.touch()
        self._process = self._started()

    def _started(self) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-m", "tests.delivery.storm.sink", str(self.port), str(self.file)]
        command += [",".join(self._hosts), str(self._delay)]
        process = subprocess.Popen(command, env={**os.environ, "PYTHONPATH": f"src{os.pathsep}."})
        wait_for_port(self.port, 60, self._hosts[0])
        return process

    def kill(self, away: float = 0.1) -> None:
        """kill -9, a while of nobody listening, and again."""
        self.stop()
        time.sleep(away)
        self._process = self._started()

    def stop(self) -> None:
        """End it by kill -9."""
        self._process.kill()
        self._process.wait()

    def total(self) -> int:
        """Return how many letters were taken."""
        return self.file.stat().st_size // _WIDTH

    def counts(self, people: int) -> bytearray:
        """Return how many letters each of so many people got; 255 stands for more."""
        found = bytearray(people)
        for number in array("I", self.file.read_bytes())[::2]:
            found[number] = min(255, found[number] + 1)
        return found

    def marks(self) -> dict[int, set[int]]:
        """Return for each recipient the checksums of the Message-IDs of what arrived."""
        found: dict[int, set[int]] = {}
        rows = array("I", self.file.read_bytes())
        for number, mark in zip(rows[::2], rows[1::2], strict=True):
            found.setdefault(number, set()).add(mark)
        return found


class Conversation(asyncio.Protocol):
    """One connection; what one read brings is written down by one write and answered by one."""

    def __init__(self, file: int, delay: float) -> None:
        self._file = file
        self._delay = delay
        self._rest = b""
        self._reader = -1
        self._in_content = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(_GREETING)

    def data_received(self, data: bytes) -> None:
        """Act on every complete command and letter."""
        data, at = self._rest + data, 0
        answers, taken = bytearray(), array("I")
        while True:
            mark = b"\r\n.\r\n" if self._in_content else b"\n"
            end = data.find(mark, at)
            if end < 0:
                break
            if self._in_content:
                if self._reader >= 0:
                    taken.extend((self._reader, _message_id(data, at, end)))
                self._in_content = False
                answers += b"250 2.0.0 counted\r\n"
            else:
                answers += self._command(data[at:end])
            at = end + len(mark)
        self._rest = data[at:]
        if taken:
            os.write(self._file, taken.tobytes())
        if answers and taken and self._delay:
            asyncio.get_running_loop().call_later(self._delay, self._transport.write, bytes(answers))
        elif answers:
            self._transport.write(answers)

    def _command(self, line: bytes) -> bytes:
        verb = line[:4].upper()
        if verb == b"RCPT":
            reader = _READER.search(line)  # what the system tells its members is taken, and not counted
            self._reader = int(reader[1]) if reader else -1
        elif verb == b"DATA":
            self._in_content = True
            return b"354 go on\r\n"
        elif verb == b"EHLO":
            return _OFFERS
        elif verb == b"QUIT":
            return b"221 bye\r\n"
        return b"250 ok\r\n"


def _message_id(data: bytes, start: int, end: int) -> int:
    at = data.find(b"\r\nMessage-ID:", start, end)
    return zlib.crc32(data[at : data.find(b"\r\n", at + 2)])


async def _serve(port: int, file: int, hosts: list[str], delay: float) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Conversation(file, delay), hosts, port, backlog=512)
    await server.serve_forever()


if __name__ == "__main__":
    assert array("I").itemsize * 2 == _WIDTH
    _port, _file, _hosts, _delay = sys.argv[1:]
    _out = os.open(_file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    asyncio.run(_serve(int(_port), _out, _hosts.split(","), float(_delay)))
