"""Verbs on one person: subscribe, unsubscribe, rectify, restrict."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from mandata.accounts import selectors as accounts
from mandata.audience import selectors
from mandata.audience.errors import NoSuchList, NoSuchSubscriber, StillSuppressed, ValueNotTaken
from mandata.audience.models import List, Subscriber, Subscription
from mandata.audience.rules import fields as field_rules
from mandata.audience.rules.bases import EVERYTHING, Basis, Reason, State
from mandata.audience.rules.facets import country_code, language_code
from mandata.audience.rules.fields import STANDARD, FieldSpec, ValueRefused
from mandata.audience.selectors.people import PLACE
from mandata.audience.services import gate, lookups, suppression
from mandata.audience.services.envelopes import INDEXED, Kept, columns_of, pack
from mandata.audience.services.replaying import REJOINED, RESTRICTED, WITHDRAWN
from mandata.audience.words import remedy, words
from mandata.foundation import addresses
from mandata.foundation.actors import Actor
from mandata.infra import outside
from mandata.infra.clock import new_id
from mandata.record import services as record
from mandata.vault.services import Vault


def subscribe(
    *,
    list_id: UUID,
    email: str,
    values: Mapping[str, str] | None = None,
    basis: Basis = Basis.CONSENT,
    source: str,
    consent_words: str = "",
    by_the_person: bool = False,
    pending: bool = False,
    actor: Actor,
    at: datetime,
) -> UUID:
    """Put a person on a list with lawful basis and evidence, making the subscriber where there is none; return the id.

    `values` are texts by field key. `pending` waits for the person's confirmation. Where the address is suppressed by
    the person's own will, only `by_the_person` lifts that (a form the person filled in, the preference page). Raises
    NoSuchList, ValueNotTaken, StillSuppressed, GateRefused.
    """
    if not List.objects.filter(id=list_id).exists():
        raise NoSuchList(_("There is no such list."))
    gate.ask_person(list_id=list_id, basis=basis, source=source, actor=actor, at=at)
    vault = Vault.open()
    address = _address(email)
    sealed, clear = _values(values or {})
    index = vault.index("email", address.lookup)
    found = Subscriber.objects.filter(email_index=index).values_list("id", flat=True).first()
    _lift_or_refuse(address, str(list_id), by_the_person, actor, at)
    identity: dict[str, Any] = {"email": address.normal, **sealed}
    known = found is not None
    if found is None:
        found = add(vault=vault, address=address, identity=identity, clear=clear, at=at)
    elif sealed or clear:
        _merge(vault, found, sealed, clear, at)
    evidence = {
        "source": source[:200],
        "at": at.isoformat(),
        "by": actor.kind,
        **({"words": hashlib.sha256(consent_words.encode()).hexdigest()} if consent_words else {}),
    }
    state = State.PENDING if pending else State.SUBSCRIBED
    Subscription.objects.update_or_create(
        list_id=list_id,
        subscriber_id=found,
        defaults={"state": state, "basis": basis, "evidence": evidence, "since": at, "ended_at": None, "ended_by": ""},
    )
    commitment = vault.commit(found, {"consented_to": consent_words}) if consent_words else None
    body: dict[str, object] = {"list": str(list_id), "basis": basis.value, "state": state.value}
    entry = record.append(
        kind="audience.subscribed", body=body, actor=actor, subject=found, commitment=commitment, at=at
    )
    if known:  # whose withdrawal may stand in the outside log
        outside.write(REJOINED, _rejoined(found, list_id, state, entry, at))
    return found


def _rejoined(subscriber: UUID, list_id: UUID, state: State, entry: UUID, at: datetime) -> dict[str, object]:
    return {"subscriber": subscriber, "list": list_id, "state": state.value, "entry": entry, "at": at}


def _lift_or_refuse(address: addresses.Address, scope: str, by_the_person: bool, actor: Actor, at: datetime) -> None:
    for one in (EVERYTHING, scope):
        if suppression.is_suppressed(email=address.lookup, at=at, scope=one):
            if not by_the_person:
                raise StillSuppressed(
                    _("This address is suppressed."),
                    clause="Art. 21(3) GDPR",
                    remedy=_("The person can subscribe again by a form or through the preference page."),
                )
            suppression.unsuppress(
                email=address.lookup, ground="subscribed again", by_the_person=True, actor=actor, at=at, scope=one
            )


def add(
    *, vault: Vault, address: addresses.Address, identity: Mapping[str, Any], clear: Mapping[str, Any], at: datetime
) -> UUID:
    """Make a subscriber with a key of its own and return the id; on no list yet."""
    subscriber = new_id()
    key = vault.create([subscriber])[subscriber]
    envelope = vault.seal(subscriber, PLACE, pack(identity), key=key)
    Subscriber.objects.create(
        id=subscriber,
        identity=envelope,
        email_index=vault.index("email", address.lookup),
        suppression_index=vault.index("suppression", address.lookup),
        index_version=INDEXED,
        clear=dict(clear),
        created_at=at,
        updated_at=at,
        **columns_of(vault, Kept(address.domain, identity)),
    )
    lookups.add(lookups.Indexer(vault, selectors.field_specs().values()).rows(subscriber, identity))
    return subscriber


def unsubscribe(
    *,
    subscriber_id: UUID,
    list_id: UUID | None = None,
    reason: Reason = Reason.UNSUBSCRIBED,
    actor: Actor,
    at: datetime,
) -> bool:
    """End a subscription, or every one, and suppress accordingly; return whether anything changed.

    Without a list it is all messages (DSR-9); with one, that list only. Twice is the same as once.
    """
    row = Subscriber.objects.filter(id=subscriber_id).values_list("suppression_index", flat=True).first()
    if row is None:
        raise NoSuchSubscriber(_("There is no such subscriber."))
    scope = str(list_id) if list_id else EVERYTHING
    with outside.together():
        new = suppression.suppress_many(indexes=[bytes(row)], reason=reason, at=at, scope=scope)
        places = Subscription.objects.filter(subscriber_id=subscriber_id).exclude(state=State.UNSUBSCRIBED)
        if list_id:
            places = places.filter(list_id=list_id)
        ended = places.update(state=State.UNSUBSCRIBED, ended_at=at, ended_by=actor.kind)
        if ended:
            outside.write(WITHDRAWN, _withdrawn(subscriber_id, list_id, actor, at))
    if new or ended:
        body: dict[str, object] = {"reason": reason.value, "scope": scope, "ended": ended}
        record.append(kind="audience.unsubscribed", body=body, actor=actor, subject=subscriber_id, at=at)
    return bool(new or ended)


def _withdrawn(subscriber: UUID, list_id: UUID | None, actor: Actor, at: datetime) -> dict[str, object]:
    return {"subscribers": [subscriber], "list": list_id, "by": actor.kind, "at": at}


def move(*, subscriber_id: UUID, list_id: UUID, state: State, actor: Actor, at: datetime) -> bool:
    """Confirm or end one subscription without touching suppression; return whether it changed."""
    changed = (
        Subscription.objects.filter(subscriber_id=subscriber_id, list_id=list_id)
        .exclude(state=state)
        .update(
            state=state,
            ended_at=at if state is State.UNSUBSCRIBED else None,
            ended_by=actor.kind if state is State.UNSUBSCRIBED else "",
        )
    )
    if changed:
        body: dict[str, object] = {"list": str(list_id), "state": state.value}
        entry = record.append(
            kind="audience.subscription_changed", body=body, actor=actor, subject=subscriber_id, at=at
        )
        if state is State.UNSUBSCRIBED:
            outside.write(WITHDRAWN, _withdrawn(subscriber_id, list_id, actor, at))
        else:
            outside.write(REJOINED, _rejoined(subscriber_id, list_id, state, entry, at))
    return bool(changed)


def rectify(*, subscriber_id: UUID, values: Mapping[str, str], actor: Actor, at: datetime, email: str = "") -> None:
    """Correct a person's fields (Art. 16 GDPR); an empty text removes a value, `email` gives a new address.

    Raises NoSuchSubscriber, GateRefused, and ValueNotTaken also where the new address belongs to another subscriber.
    """
    if not Subscriber.objects.filter(id=subscriber_id).exists():
        raise NoSuchSubscriber(_("There is no such subscriber."))
    gate.ask_correction(actor=actor, at=at)
    vault = Vault.open()
    filled = {key: text for key, text in values.items() if text.strip()}
    sealed, clear = _values(filled)
    removed = {key for key, text in values.items() if not text.strip()}
    _merge(vault, subscriber_id, sealed, clear, at, removed=removed, email=email)
    body: dict[str, object] = {"fields": sorted([*values, *(["email"] if email else [])])}
    record.append(kind="audience.rectified", body=body, actor=actor, subject=subscriber_id, at=at)


def _merge(
    vault: Vault,
    subscriber_id: UUID,
    sealed: Mapping[str, Any],
    clear: Mapping[str, Any],
    at: datetime,
    *,
    removed: set[str] | frozenset[str] = frozenset(),
    email: str = "",
) -> None:
    one = Subscriber.objects.select_for_update().get(id=subscriber_id)
    old = selectors.identities([subscriber_id], vault=vault)[subscriber_id]
    identity = {key: value for key, value in {**old, **sealed}.items() if key not in removed}
    if email:
        address = _address(email)
        index = vault.index("email", address.lookup)
        if Subscriber.objects.filter(email_index=index).exclude(id=subscriber_id).exists():
            raise ValueNotTaken(_("Another subscriber has this address."), code="audience.address_taken")
        identity["email"] = address.normal
        one.email_index, one.suppression_index = index, vault.index("suppression", address.lookup)
    domain = addresses.parse(str(identity["email"])).domain
    one.identity = vault.seal(subscriber_id, PLACE, pack(identity))
    one.clear = {key: value for key, value in {**one.clear, **clear}.items() if key not in removed}
    one.updated_at = at
    for name, value in columns_of(vault, Kept(domain, identity)).items():
        setattr(one, name, value)
    one.save()
    rows = lookups.Indexer(vault, selectors.field_specs().values()).rows(subscriber_id, identity)
    lookups.replace([subscriber_id], rows)


def restrict(*, subscriber_id: UUID, actor: Actor, at: datetime) -> bool:
    """Restrict a person's data: kept, and otherwise left alone (Art. 18 GDPR). Return whether that is new."""
    changed = Subscriber.objects.filter(id=subscriber_id, restricted_at=None).update(restricted_at=at)
    if changed:
        entry = record.append(kind="audience.restricted", body={}, actor=actor, subject=subscriber_id, at=at)
        outside.write(RESTRICTED, {"subscriber": subscriber_id, "restricted": True, "entry": entry, "at": at})
    return bool(changed)


def unrestrict(*, subscriber_id: UUID, actor: Actor, at: datetime) -> bool:
    """Lift a restriction. Return whether there was one."""
    changed = Subscriber.objects.filter(id=subscriber_id).exclude(restricted_at=None).update(restricted_at=None)
    if changed:
        entry = record.append(kind="audience.unrestricted", body={}, actor=actor, subject=subscriber_id, at=at)
        outside.write(RESTRICTED, {"subscriber": subscriber_id, "restricted": False, "entry": entry, "at": at})
    return bool(changed)


def _address(email: str) -> addresses.Address:
    try:
        return addresses.parse(addresses.clean(email))
    except addresses.AddressError as error:
        raise ValueNotTaken(words(error.code), code=f"audience.{error.code}", remedy=remedy(error.code)) from None


def _values(values: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Read texts into typed values, sealed and clear apart. Raises ValueNotTaken naming the field."""
    specs = selectors.field_specs()
    sealed: dict[str, Any] = {}
    clear: dict[str, Any] = {}
    for key, text in values.items():
        if not text.strip():
            continue
        spec = specs.get(key)
        if spec is None:
            raise ValueNotTaken(words("file_field_unknown"), code="audience.field_unknown", evidence={"field": key})
        try:
            value = _value(spec, text, values)
        except (ValueRefused, addresses.TelephoneError) as refused:
            code = refused.code
            raise ValueNotTaken(words(code), code=f"audience.{code}", evidence={"field": key}) from None
        (sealed if spec.sealed else clear)[key] = value
    return sealed, clear


def _value(spec: FieldSpec, text: str, values: Mapping[str, str]) -> Any:
    if spec is STANDARD["phone"]:
        return addresses.parse_telephone(text, country_code(values.get("country", "")) or accounts.controller().country)
    if spec is STANDARD["country"]:
        return country_code(text) or field_rules.read_text(text)
    if spec is STANDARD["language"]:
        return language_code(text) or field_rules.read_text(text)
    return field_rules.read(spec, text)
