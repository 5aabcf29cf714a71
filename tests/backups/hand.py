"""Runs commands of `mandata` in forks of a process that has loaded everything: what a start costs is paid once.

Reads one JSON object a line, {"arguments", "environment", "step"}, and answers with {"code", "out", "err"}. The
environment is the command's whole one; the database's address must be that of this process.
"""

import json
import os
import sys
import tempfile
from pathlib import Path

import django


def main() -> None:
    """Serve until the input ends."""
    django.setup()
    from mandata.backups import services
    from mandata.cli import main as _main

    assert services
    assert _main
    for line in sys.stdin:
        print(json.dumps(_served(json.loads(line))), flush=True)


def _served(asked: dict[str, object]) -> dict[str, object]:
    with tempfile.TemporaryDirectory() as folder:
        out, err = Path(folder, "out"), Path(folder, "err")
        if (pid := os.fork()) == 0:
            _run(asked, out, err)
        _pid, status = os.waitpid(pid, 0)
        return {"code": os.waitstatus_to_exitcode(status), "out": out.read_text(), "err": err.read_text()}


def _run(asked: dict[str, object], out: Path, err: Path) -> None:
    for number, path in ((1, out), (2, err)):
        handle = os.open(path, os.O_WRONLY | os.O_CREAT)
        os.dup2(handle, number)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.environ.clear()
    os.environ.update(asked["environment"])  # type: ignore[call-overload]
    from mandata.cli.main import app
    from mandata.infra import environment
    from tests.backups import killed

    environment.env.cache_clear()
    if asked["step"]:
        killed.at(str(asked["step"]))
    code = 1
    try:
        app(list(asked["arguments"]))  # type: ignore[call-overload]
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    main()
