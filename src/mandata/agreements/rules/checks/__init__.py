"""Every check that a gate makes, by its code, to tell a refusal on record in any language."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType, ModuleType
from typing import Final

from mandata.agreements.rules.checks import acts, concluding, duties, money, processing, sharing
from mandata.agreements.rules.verdicts import Check


def _found(*modules: ModuleType) -> Iterator[tuple[str, Check]]:
    for module in modules:
        for value in vars(module).values():
            if isinstance(value, Check):
                yield value.code, value


_MODULES: Final = (processing, acts, sharing, concluding, duties, money)
BY_CODE: Final[Mapping[str, Check]] = MappingProxyType(dict(_found(*_MODULES)))
