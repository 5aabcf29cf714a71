"""A sending process that tells at its end how much processor time its RSA signatures took.

    python -m benchmarks.timed_engine FILE

It is `mandata.delivery.engine` with a clock of the signing thread around each call of the library's `sign`, which costs
half a microsecond. A signature that is measured elsewhere, alone in a loop, is cheaper than one between other work.
"""

import sys
import time
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from mandata.delivery.engine.__main__ import main
from mandata.delivery.signing import SigningKey, signer

_made = signer._hand
_spent = [0, 0]  # signatures, nanoseconds


def _timed(key: SigningKey) -> signer._Hand:
    hand = _made(key)
    if not isinstance(key.private, RSAPrivateKey):
        return hand
    sign, clock = hand.sign, time.thread_time_ns

    def timed(digest: bytes) -> bytes:
        started = clock()
        value = sign(digest)
        _spent[1] += clock() - started
        _spent[0] += 1
        return value

    return hand._replace(sign=timed)


if __name__ == "__main__":
    signer._hand = _timed
    code = main()
    Path(sys.argv[1]).write_text(f"{_spent[0]} {_spent[1]}")
    sys.exit(code)
