"""A process of its own that writes to the outside log until it is killed: `python -m tests.infra.outside_hand NAME`.

Prints each line's number once it is durable.
"""

import sys
from uuid import UUID

from mandata.infra.clock import now
from mandata.infra.outside.lines import encode
from mandata.infra.outside.writing import writer


def main(name: str, size: int) -> None:
    number = 0
    while True:
        writer().write(encode("test.wrote", UUID(int=0), now(), {"by": name, "number": number, "pad": "x" * size}))
        print(number, flush=True)
        number += 1


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
