"""Tables of retention: how agreements end (`ends`), and for how long data is kept while they last (`keeping`)."""

from mandata.retention.models.ends import End, Link, Return

__all__ = ["End", "Link", "Return"]
