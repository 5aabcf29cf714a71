"""A store belongs to one installation."""

from collections.abc import Callable
from pathlib import Path

import pytest

from mandata.foundation.errors import Fault
from mandata.vault.ownership import NAME, own


@pytest.mark.req("SEC-3")
def test_a_store_is_the_first_installations_and_no_other_keeps_or_deletes_there(
    tmp_path: Path, setting: Callable[[str, object], None]
) -> None:
    folder = tmp_path / "store"
    folder.mkdir()
    setting("MANDATA_KEYS", tmp_path / "one")
    own(str(folder)).put("keys/copy", [b"of one"])
    written = (folder / NAME).read_text()
    setting("MANDATA_KEYS", tmp_path / "other")
    with pytest.raises(Fault, match="another installation") as refused:
        own(str(folder))
    assert "MANDATA_BACKUP_STORE" in refused.value.remedy
    assert (folder / NAME).read_text() == written
    setting("MANDATA_KEYS", tmp_path / "one")  # as after a restore: the same keys on another machine
    assert [one.name for one in own(str(folder)).names("keys/")] == ["keys/copy"]
