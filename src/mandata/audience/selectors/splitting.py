"""Which controllers are accounts of one customer: those that share an owner or bear the same legal name (BIL-12).

For the operator; opens the scope of each controller in turn and reads nothing but owners and names there.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from uuid import UUID

from mandata.accounts import selectors as accounts
from mandata.infra.tenancy import scope


def candidates(controllers: Iterable[UUID] | None = None) -> list[tuple[UUID, ...]]:
    """Groups of two or more controllers (of all, or of those given) that are accounts of one customer, in order.

    Call it outside a scope.
    """
    ids = sorted(accounts.ids() if controllers is None else set(controllers))
    by_trait: defaultdict[str, list[UUID]] = defaultdict(list)
    for controller in ids:
        for trait in _traits(controller):
            by_trait[trait].append(controller)
    group = {controller: controller for controller in ids}
    for together in by_trait.values():
        for other in together[1:]:
            group[_root(group, other)] = _root(group, together[0])
    found: defaultdict[UUID, list[UUID]] = defaultdict(list)
    for controller in ids:
        found[_root(group, controller)].append(controller)
    return [tuple(one) for one in found.values() if len(one) > 1]


def are_one_customer(controllers: Sequence[UUID]) -> bool:
    """Whether all these controllers are accounts of one customer. Call it outside a scope."""
    return len(set(controllers)) > 1 and candidates(controllers) == [tuple(sorted(set(controllers)))]


def _traits(controller: UUID) -> set[str]:
    with scope(controller):
        owners = {f"owner {one.user_id}" for one in accounts.owners()}
        name = " ".join(accounts.controller().legal_name.casefold().split())
    return owners | ({f"name {name}"} if name else set())


def _root(group: dict[UUID, UUID], controller: UUID) -> UUID:
    while group[controller] != controller:
        controller = group[controller]
    return controller
