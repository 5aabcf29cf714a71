"""`python -m mandata.delivery.catcher --folder var/catcher`: run a catcher until SIGTERM or Ctrl-C."""

import argparse
import json
import signal
import sys
import threading
from pathlib import Path

from mandata.delivery.catcher.script import DEFAULT, parse
from mandata.delivery.catcher.server import Catcher, Place


def main(arguments: list[str] | None = None) -> int:
    """Run it; the first line of output tells the ports as JSON."""
    parser = argparse.ArgumentParser(prog="mandata catcher", description="Catches every message and delivers none.")
    parser.add_argument("--folder", type=Path, required=True, help="where caught messages are kept")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--smtp", type=int, default=2525, help="SMTP port, 0 for a free one")
    parser.add_argument("--http", type=int, default=8025, help="HTTP port, 0 for a free one")
    parser.add_argument("--returns", default="", help="host:port to which reports and complaints go")
    parser.add_argument(
        "--script", type=Path, help="JSON file: a list of objects with match, stage, reply, share, times"
    )
    given = parser.parse_args(arguments)
    script = parse(json.loads(given.script.read_text())) if given.script else DEFAULT
    catcher = Catcher(Place(given.folder, given.host, given.smtp, given.http, given.returns), script)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    catcher.start()
    sys.stdout.write(json.dumps({"smtp": catcher.smtp_port, "http": catcher.http_port}) + "\n")
    sys.stdout.flush()
    stop.wait()
    catcher.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
