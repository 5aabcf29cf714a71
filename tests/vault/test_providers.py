"""Both providers keep keys in the same way; a token makes copies of the files useless."""

import os
import shutil
import stat
import traceback
from pathlib import Path

import pkcs11
import pytest
from pkcs11 import Attribute, ObjectClass

from mandata.infra.clock import new_id
from mandata.vault.errors import KeysMissing
from mandata.vault.pkcs11 import Pkcs11Keys
from mandata.vault.providers import FileKeys
from tests.vault.conftest import MODULE, Keys
from tests.world.processes import python


@pytest.mark.req("SEC-3")
def test_keys_lie_in_files_that_only_their_owner_reads(keys: Keys, tmp_path: Path) -> None:
    kept, controller = keys(tmp_path / "keys"), new_id()
    kept.create_epoch_key(controller, 1)
    value, service = kept.epoch_key(controller, 1), kept.service_key("token-1", 64)
    kept.create_epoch_key(controller, 1)
    assert kept.epoch_key(controller, 1) == value, "a second creation keeps the first"
    assert (len(value), len(service)) == (32, 64)
    for path in (tmp_path / "keys").rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600)
    written = "".join(path.read_text() for path in tmp_path.rglob("*.key"))
    assert value.hex() not in written
    assert (service.hex() in written) is (kept.name == "file"), "a token wraps service keys, too"


def test_keys_are_the_same_for_the_next_process(keys: Keys, tmp_path: Path) -> None:
    first, controller = keys(tmp_path), new_id()
    first.create_epoch_key(controller, 1)
    second = keys(tmp_path)
    assert second.complete()
    assert second.epoch_key(controller, 1) == first.epoch_key(controller, 1)
    assert second.service_key("token-1", 64) == first.service_key("token-1", 64)
    assert second.service_keys() == {"token-1": first.service_key("token-1", 64)}
    assert second.epochs() == [(controller, 1)]


def test_a_child_of_a_process_that_has_used_its_keys_uses_them_too(keys: Keys, tmp_path: Path) -> None:
    kept, controller = keys(tmp_path), new_id()
    kept.create_epoch_key(controller, 1)
    value = kept.epoch_key(controller, 1)
    child = os.fork()
    if child == 0:
        try:
            os._exit(0 if kept.epoch_key(controller, 1) == value else 1)
        finally:
            os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert kept.epoch_key(controller, 1) == value, "and so does its parent still"


def test_processes_that_make_the_same_keys_at_once_agree(keys: Keys, tmp_path: Path) -> None:
    controller, children = new_id(), []
    for number in range(4):
        if (child := os.fork()) == 0:
            try:
                own = keys(tmp_path)
                own.create_epoch_key(controller, 1)
                told = own.epoch_key(controller, 1) + own.service_key("token-1", 64)
                (tmp_path / f"told-{number}").write_bytes(told)
                os._exit(0)
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(1)
        children.append(child)
    assert [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children] == [0] * 4
    assert len({path.read_bytes() for path in tmp_path.glob("told-*")}) == 1


def test_a_destroyed_epoch_key_is_gone(keys: Keys, tmp_path: Path) -> None:
    kept, controller = keys(tmp_path), new_id()
    kept.create_epoch_key(controller, 1)
    kept.destroy_epoch_key(controller, 1)
    kept.destroy_epoch_key(controller, 1)
    assert kept.epochs() == []
    with pytest.raises(KeysMissing, match="not in the keys folder"):
        kept.epoch_key(controller, 1)


def test_a_key_that_a_killed_process_destroyed_by_half_is_destroyed_by_the_next(keys: Keys, tmp_path: Path) -> None:
    kept, controller = keys(tmp_path), new_id()
    kept.create_epoch_key(controller, 1)
    path = next(tmp_path.rglob("1.key"))
    path.write_bytes(bytes(path.stat().st_size))
    with pytest.raises(KeysMissing):
        kept.epoch_key(controller, 1)
    kept.destroy_epoch_key(controller, 1)
    assert not path.exists()


@pytest.mark.req("SEC-3")
def test_a_copy_of_the_files_brings_a_destroyed_key_back_only_where_no_token_held_it(
    keys: Keys, tmp_path: Path
) -> None:
    kept, controller = keys(tmp_path / "keys"), new_id()
    kept.create_epoch_key(controller, 1)
    kept.service_key("token-1", 64)
    shutil.copytree(tmp_path / "keys", tmp_path / "copy")
    kept.destroy_epoch_key(controller, 1)
    copied = keys(tmp_path / "copy")
    if kept.name == "file":
        assert copied.epoch_key(controller, 1), "hence: never copy the keys folder, use recovery copies"
    else:
        with pytest.raises(KeysMissing, match="does not hold the key's object"):
            copied.epoch_key(controller, 1)
    assert copied.service_key("token-1", 64) == kept.service_key("token-1", 64)


def test_a_key_is_bound_to_its_controller_its_epoch_and_its_service(keys: Keys, tmp_path: Path) -> None:
    kept, ours, theirs = keys(tmp_path), new_id(), new_id()
    kept.create_epoch_key(ours, 1)
    content = next(tmp_path.rglob("1.key")).read_text()
    for controller, epoch in ((theirs, 1), (ours, 2)):
        place = tmp_path / "controllers" / str(controller) / f"{epoch}.key"
        place.parent.mkdir(exist_ok=True)
        place.write_text(content)
        with pytest.raises(Exception, match=r"does not open|does not do"):
            kept.epoch_key(controller, epoch)
    if kept.name == "pkcs11":
        kept.service_key("token-1", 64)
        shutil.copy(tmp_path / "service" / "token-1.key", tmp_path / "service" / "record-1.key")
        with pytest.raises(KeysMissing):
            kept.service_key("record-1", 64)


def test_an_installed_key_is_kept_and_another_is_refused(keys: Keys, tmp_path: Path) -> None:
    kept, controller = keys(tmp_path), new_id()
    for _ in range(2):
        kept.install_epoch_key(controller, 3, b"e" * 32)
        kept.install_service_key("record-1", b"s" * 32, replace=False)
    assert (kept.epoch_key(controller, 3), kept.service_key("record-1", 32)) == (b"e" * 32, b"s" * 32)
    with pytest.raises(KeysMissing, match=r"another 3\.key"):
        kept.install_epoch_key(controller, 3, b"f" * 32)
    with pytest.raises(KeysMissing, match=r"another record-1\.key"):
        kept.install_service_key("record-1", b"t" * 32, replace=False)
    kept.install_service_key("record-1", b"t" * 32, replace=True)
    assert kept.service_key("record-1", 32) == b"t" * 32


def test_a_keys_folder_that_cannot_be_read_is_told_and_no_key_is_made_in_its_place(keys: Keys, tmp_path: Path) -> None:
    closed = tmp_path / "keys"
    closed.write_text("where a folder should be")
    kept = keys(closed)
    for ask in (kept.complete, lambda: kept.service_key("token-1", 64), lambda: kept.epoch_key(new_id(), 1)):
        with pytest.raises(KeysMissing, match="cannot be read") as told:
            ask()
        assert "MANDATA_KEYS" in str(told.value)
    assert closed.read_text() == "where a folder should be"


@pytest.mark.req("SEC-3")
def test_the_tokens_objects_can_be_neither_read_nor_taken_out(softhsm: Path, token: str, tmp_path: Path) -> None:
    kept, controller = Pkcs11Keys(tmp_path, module=MODULE, token=token, pin_file=softhsm / "pin"), new_id()
    kept.create_epoch_key(controller, 1)
    with pkcs11.lib(str(MODULE)).get_token(token_label=token).open() as session:
        found = [
            one
            for one in session.get_objects({Attribute.CLASS: ObjectClass.SECRET_KEY})
            if str(controller) in one[Attribute.LABEL]
        ]
        assert len(found) == 1
        assert (found[0][Attribute.SENSITIVE], found[0][Attribute.EXTRACTABLE]) == (True, False)
        with pytest.raises(pkcs11.AttributeSensitive):
            found[0][Attribute.VALUE]


def test_an_object_to_which_no_file_leads_goes_with_its_epoch(
    softhsm: Path, token: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, controller = Pkcs11Keys(tmp_path, module=MODULE, token=token, pin_file=softhsm / "pin"), new_id()
    with monkeypatch.context() as patch:
        patch.setattr(kept._token, "encrypt", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            kept.create_epoch_key(controller, 1)
    kept.create_epoch_key(controller, 1)
    assert _objects(token, str(controller)) == 2
    kept.destroy_epoch_key(controller, 1)
    assert _objects(token, str(controller)) == 0


def _objects(token: str, part: str) -> int:
    with pkcs11.lib(str(MODULE)).get_token(token_label=token).open() as session:
        objects = session.get_objects({Attribute.CLASS: ObjectClass.SECRET_KEY})
        return sum(part in one[Attribute.LABEL] for one in objects)


def test_files_move_under_a_token(softhsm: Path, token: str, tmp_path: Path) -> None:
    files, controller = FileKeys(tmp_path), new_id()
    files.create_epoch_key(controller, 1)
    value, service = files.epoch_key(controller, 1), files.service_key("record-1", 32)
    kept = Pkcs11Keys(tmp_path, module=MODULE, token=token, pin_file=softhsm / "pin")
    assert kept.complete()
    assert kept.epoch_key(controller, 1) == value, "until it turns"
    assert (kept.adopt(), kept.adopt()) == (1, 0)
    assert kept.service_key("record-1", 32) == service
    assert service.hex() not in (tmp_path / "service" / "record-1.key").read_text()
    with pytest.raises(KeysMissing, match="MANDATA_KEY_PROVIDER"):
        files.service_key("record-1", 32)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"module": Path("/nowhere.so")}, "cannot be loaded"),
        ({"token": "no-such-token"}, "NoSuchToken"),
        ({"pin_file": Path("/nowhere")}, "PIN cannot be read"),
        ({"token": ""}, "not named"),
    ],
)
def test_a_token_that_does_not_answer_is_told_in_words(
    softhsm: Path, token: str, tmp_path: Path, wrong: dict[str, object], told: str
) -> None:
    named: dict[str, object] = {"module": MODULE, "token": token, "pin_file": softhsm / "pin", **wrong}
    with pytest.raises(KeysMissing, match=told) as refused:
        Pkcs11Keys(tmp_path, **named).service_key("token-1", 64)  # type: ignore[arg-type]
    assert "MANDATA_PKCS11" in str(refused.value)


def test_a_wrong_pin_is_told_in_words(softhsm: Path, token: str, tmp_path: Path) -> None:
    (tmp_path / "pin").write_text("0000")
    script = f"""
        from pathlib import Path
        from mandata.vault.pkcs11 import Pkcs11Keys
        here = Path({str(tmp_path)!r})
        try:
            keys = Pkcs11Keys(here / "keys", module=Path({str(MODULE)!r}), token={token!r}, pin_file=here / "pin")
            keys.service_key("a", 9)
        except Exception as error:
            print(error)
    """
    told, _ = python(script).communicate(timeout=60)  # of its own: a process is logged in as a whole
    assert b"PinIncorrect" in told and b"MANDATA_PKCS11_PIN_FILE" in told
    assert not (tmp_path / "keys" / "service").exists()
