"""Tables of retention: how agreements end (`ends`), and for how long data is kept while they last (`keeping`)."""

from mandata.retention.models.ends import End, Link, Return
from mandata.retention.models.keeping import Ground, Hold, Inactivity, Limiting, OwnCase, Run, Setting

__all__ = ["End", "Ground", "Hold", "Inactivity", "Limiting", "Link", "OwnCase", "Return", "Run", "Setting"]
