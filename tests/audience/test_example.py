"""The example file: made by its generator, byte for byte, and nobody's."""

import csv
import importlib.util
import io
from pathlib import Path
from types import ModuleType

from mandata.foundation import addresses

EXAMPLES = Path(__file__).parents[2] / "examples"


def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_subscribers", EXAMPLES / "make_subscribers.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def rows() -> list[dict[str, str]]:
    data = (EXAMPLES / "subscribers.csv").read_bytes().decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(data, newline=""), delimiter=";"))


def test_the_generator_makes_the_committed_file_byte_for_byte() -> None:
    made = generator()
    assert made.render(made.people()) == (EXAMPLES / "subscribers.csv").read_bytes()


def test_every_address_lies_under_a_domain_reserved_for_examples() -> None:
    reserved = ("example.com", "example.org", "example.net", ".example", ".test")
    for row in rows():
        try:
            found = addresses.parse(addresses.clean(row["E-mail"]))
        except addresses.AddressError:
            continue
        assert found.domain.endswith(reserved), found.domain


def test_the_file_has_what_such_files_get_wrong() -> None:
    found = rows()
    assert len(found) == 20_000
    lookups = []
    invalid = 0
    for row in found:
        try:
            lookups.append(addresses.parse(addresses.clean(row["E-mail"])).lookup)
        except addresses.AddressError:
            invalid += 1
    assert 400 < invalid < 600
    assert 700 < len(lookups) - len(set(lookups)) < 1_100
    assert sum(not row["Souhlas"] and row["Zákazník"] != "ano" for row in found) > 1_000
    assert sum(bool(row["Odhlášen"]) for row in found) > 500
    assert sum(lookup.startswith("bounce5.") for lookup in lookups) >= 200
    for prefix, fewest in (("full5.", 50), ("busy4.", 100), ("dsn.", 100), ("complain.", 5)):
        assert sum(lookup.startswith(prefix) for lookup in lookups) >= fewest
