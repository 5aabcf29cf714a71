"""Reads of the audience, always inside a controller's scope."""

from mandata.audience.selectors.catalogue import (
    FieldRow,
    ListRow,
    field_specs,
    fields,
    find_list,
    lists,
)
from mandata.audience.selectors.finding import (
    find_by_email,
    find_by_name,
    find_by_number,
    find_by_phone,
    unfinished,
)
from mandata.audience.selectors.imports import (
    ImportRow,
    Preview,
    PreviewRow,
    find_import,
    imports,
    preview,
    rejected_lines,
    rejected_page,
    report,
)
from mandata.audience.selectors.narrowing import Narrowing
from mandata.audience.selectors.pages import Page, SubscriberRow, page
from mandata.audience.selectors.people import (
    Person,
    Place,
    identities,
    person,
    shown_address,
    suppressions_of,
)

__all__ = [
    "FieldRow",
    "ImportRow",
    "ListRow",
    "Narrowing",
    "Page",
    "Person",
    "Place",
    "Preview",
    "PreviewRow",
    "SubscriberRow",
    "field_specs",
    "fields",
    "find_by_email",
    "find_by_name",
    "find_by_number",
    "find_by_phone",
    "find_import",
    "find_list",
    "identities",
    "imports",
    "lists",
    "page",
    "person",
    "preview",
    "rejected_lines",
    "rejected_page",
    "report",
    "shown_address",
    "suppressions_of",
    "unfinished",
]
