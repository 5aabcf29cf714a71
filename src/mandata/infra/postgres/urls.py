"""Names of the roles and the database, and the addresses under which each role reaches it."""

from dataclasses import dataclass
from urllib.parse import quote

SUPERUSER = "postgres"
OWNER = "mandata_owner"
APP = "mandata_app"
DATABASE = "mandata"
ROLES = (SUPERUSER, OWNER, APP)


@dataclass(frozen=True, slots=True)
class Urls:
    """Connection URLs of one database, one for each role. They hold passwords: never print or log them."""

    superuser: str
    owner: str
    app: str

    def __repr__(self) -> str:
        return "Urls(superuser=…, owner=…, app=…)"


def url(role: str, password: str, port: int, database: str) -> str:
    """Return the libpq URL of `role` over loopback TCP."""
    return f"postgresql://{role}:{quote(password, safe='')}@127.0.0.1:{port}/{quote(database, safe='')}"
