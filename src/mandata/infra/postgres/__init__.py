"""The embedded PostgreSQL: a real server from a wheel's binaries, run by our own small launcher.

    Server(folder).start()        one server per folder; a second caller attaches
    Server(folder).provision()    the roles, the database, the privileges (design decision 2)
    with Server(folder).use():    start or attach, and stop again when the last user leaves
    check_external(app, owner)    what an own server (DATABASE_URL) must promise
    spool(folder)                 what waits to be shipped of the write-ahead log
    apply_grants(owner, ...)      after each migration: what the application's role may do

Three roles: `postgres` (superuser, embedded only), `mandata_owner` (owns the tables, migrates), `mandata_app` (reads
and writes rows, can neither bypass Row-Level Security nor alter a table). Nothing here imports Django.
"""

from mandata.infra.postgres.archiving import Spool, spool
from mandata.infra.postgres.external import check_external
from mandata.infra.postgres.grants import apply_grants
from mandata.infra.postgres.place import programs
from mandata.infra.postgres.server import Server
from mandata.infra.postgres.urls import APP, DATABASE, OWNER, SUPERUSER, Urls

__all__ = [
    "APP",
    "DATABASE",
    "OWNER",
    "SUPERUSER",
    "Server",
    "Spool",
    "Urls",
    "apply_grants",
    "check_external",
    "programs",
    "spool",
]
