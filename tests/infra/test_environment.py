"""Settings are typed, documented, and refused in words."""

from dataclasses import fields
from pathlib import Path

import pytest

from mandata.foundation.errors import Fault
from mandata.infra.environment import Environment, read


def test_an_empty_environment_gives_the_defaults() -> None:
    environment = read({})
    assert environment.var == Path("var")
    assert environment.keys_folder == Path("var/keys")
    assert environment.database_url == ""


def test_values_are_parsed_to_their_types() -> None:
    environment = read({"MANDATA_VAR": "/srv/mandata", "MANDATA_DEBUG": "yes", "MANDATA_KEYS": "/keys"})
    assert (environment.var, environment.debug, environment.keys_folder) == (Path("/srv/mandata"), True, Path("/keys"))


def test_a_value_that_does_not_fit_is_refused_with_the_remedy() -> None:
    with pytest.raises(Fault, match=r"MANDATA_DEBUG is neither true nor false\. Set MANDATA_DEBUG="):
        read({"MANDATA_DEBUG": "maybe"})


def test_every_setting_tells_what_it_is_for_and_stands_in_the_documentation() -> None:
    told = Path("docs/settings.md").read_text()
    for field in fields(Environment):
        assert field.metadata["text"].endswith(".")
        assert f"`{field.metadata['name']}`" in told
