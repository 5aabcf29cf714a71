"""The key that signs sessions: random, kept in the keys folder, made on first use."""

import os
import secrets
from pathlib import Path


def secret_key(folder: Path) -> str:
    """Return the installation's session key, making it (0600) when it is not there yet.

    Two processes that start at once agree, because the file appears whole by a link that only one of them can make.
    """
    path = folder / "session.key"
    if not path.exists():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = folder / f".session.{os.getpid()}"
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(48))
        try:
            os.link(fresh, path)
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return path.read_text()
