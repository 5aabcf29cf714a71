"""The outside log: what must outlive the database, written apart from it before the commit that it describes.

A database that is restored from a backup has forgotten what happened since. This journal has not: it lies in a folder
of its own (MANDATA_OUTSIDE, best on another disk), and whoever restores replays it. Plumbing only: which kinds there
are, what their bodies say and how they are replayed is the areas' business (docs/restoring.md).

Folder, mode 0700
    id                              12 hexadecimal digits, random: whose files these are, also where files of several
                                    hosts lie in one folder
    <id>-<number>-<yyyymmdd>.log    mode 0600; a new number for each day, 8 digits, counted up. Numbers give the order,
                                    not days: a clock that jumps back begins a new file and never returns to an old one

Line: UTF-8, one space between the parts, nothing else separated by white space but the body's own texts.

    <crc> <at> <kind> <controller> <body>

    crc         CRC-32 (zlib) over everything after the space that follows it, 8 hexadecimal digits
    at          when the line was written, ISO 8601 in UTC with microseconds
    kind        `area.what`, as `audience.suppressed`
    controller  the UUID of the scope in which it was written; the nil UUID is the installation's own
    body        canonical JSON (RFC 8785, ASCII keys, no fractions), an object

Every write begins and ends with a line feed, and is one `write` to a file opened with O_APPEND. So several processes
share a file; a death in the middle of a write leaves a torn line and nothing else. Empty lines mean nothing. A line
whose CRC is wrong is stepped over and counted. The folder must lie on a local file system: network file systems do not
append in one piece.

Order is the whole promise. A verb changes its rows, writes its line, and commits. The rows' locks are held meanwhile,
so lines about one row stand in the order of their commits. A line whose commit never came may stand here; what it means
on replay is said where it is replayed. What has no line was not committed, or not by this version.

No personal data in the clear: random references, keyed hashes, what is sealed under a person's key, codes, counts,
times.
"""

from mandata.infra.outside.lines import Line
from mandata.infra.outside.reading import Reading, files, newest, prune, read
from mandata.infra.outside.writing import NotKept, attempt, together, write

__all__ = ["Line", "NotKept", "Reading", "attempt", "files", "newest", "prune", "read", "together", "write"]
