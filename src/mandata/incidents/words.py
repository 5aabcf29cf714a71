"""What a reader is told of kinds, holdings and counts, in the active language."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from mandata.holdings.catalogue import catalogue


def kinds(codes: Iterable[object]) -> list[str]:
    """What was lost, in words."""
    known = {
        "confidentiality": _("loss of confidentiality (disclosure or access)"),
        "integrity": _("loss of integrity (alteration)"),
        "availability": _("loss of availability (loss or destruction)"),
    }
    return [known[str(code)] for code in codes if str(code) in known]


def places(counts: Mapping[str, Sequence[Any]]) -> list[str]:
    """Each holding with what it holds, people and records."""
    lines = []
    for row in rows(counts):
        named = {"name": row["name"], "category": row["category"], "people": row["people"], "records": row["records"]}
        said = _("%(name)s (%(category)s): %(people)s data subjects, %(records)s records") % named
        lines.append(said if row["category"] else said.replace(" ()", ""))
    return lines


def rows(counts: Mapping[str, Sequence[Any]]) -> list[dict[str, Any]]:
    """The same as rows: key, name, category, people, records, in the catalogue's order."""
    known = {one.description.key: one.description for one in catalogue()}
    order = [*(key for key in known if key in counts), *(key for key in counts if key not in known)]
    told = []
    for key in order:
        name = str(known[key].name) if key in known else _("Counted by hand")
        category = str(known[key].category) if key in known else ""
        people, records = counts[key]
        told.append({"key": key, "name": name, "category": category, "people": people, "records": records})
    return told
