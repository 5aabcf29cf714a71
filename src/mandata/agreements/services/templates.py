"""The operator's own agreements: put on offer, all of one or nothing of it. In the installation's scope."""

from datetime import datetime
from uuid import UUID

from mandata.agreements import library
from mandata.agreements.errors import AlreadyInForce
from mandata.agreements.models import Template
from mandata.agreements.rules.terms import Terms
from mandata.agreements.rules.words import mark as _
from mandata.agreements.selectors import reader
from mandata.foundation.actors import SYSTEM, Actor
from mandata.infra.tenancy import INSTANCE, scope
from mandata.record.services import append
from mandata.vault.services import begin as begin_vault

_KNOWN = _("Version {version} of {name} is on offer already, with another text.")
_RENAME = _("Give the changed text a version of its own; what was offered once is never changed.")


def put(*, text: str, by: UUID | None, at: datetime, file: str = "agreement.toml") -> Terms:
    """Put an agreement on offer and record its digest. The very same text again changes nothing.

    Raises BadTerms with file, line, problem and remedy; AlreadyInForce where name and version are taken by another
    text, be it one that ships.
    """
    terms = library.checked(text, file)
    digest = bytes.fromhex(terms.digest)
    with scope(INSTANCE):
        begin_vault(at=at)
        shipped = terms.name in library.names() and library.load(terms.name)
        taken = shipped if shipped and shipped.version == terms.version else None
        row = Template.objects.filter(name=terms.name, version=terms.version).first()
        other = bytes(row.digest) if row else bytes.fromhex(taken.digest) if taken else digest
        if other != digest:
            filling = {"version": terms.version, "name": terms.name}
            raise AlreadyInForce(reader().gettext(_KNOWN).format(**filling), remedy=reader().gettext(_RENAME))
        if row is None and not taken:
            Template.objects.create(name=terms.name, version=terms.version, terms=text, digest=digest, by=by, at=at)
            body: dict[str, object] = {"name": terms.name, "version": terms.version, "terms": digest}
            append(kind="agreement.offered", body=body, actor=Actor("operator", by) if by else SYSTEM, at=at)
    return terms
