"""Configuration, keys and the lock."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from content_packs.errors import KeyLocked
from hub.config import Config, read_config, write_default
from hub.errors import Busy, InvalidConfig, KeyAbsent
from hub.keys import KeyStore
from hub.lock import locked


def test_the_configuration_that_init_writes_is_the_default(tmp_path: Path) -> None:
    write_default(tmp_path / "hub.toml")
    assert read_config(tmp_path / "hub.toml") == Config()


def test_an_empty_configuration_is_the_default(tmp_path: Path) -> None:
    (tmp_path / "hub.toml").touch()
    assert read_config(tmp_path / "hub.toml") == Config()


def test_what_is_set_holds(tmp_path: Path) -> None:
    (tmp_path / "hub.toml").write_text('title = "县教育局"\nport = 80\n', encoding="utf-8")
    found = read_config(tmp_path / "hub.toml")
    assert (found.title, found.port, found.threads) == ("县教育局", 80, Config().threads)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("prot = 80", "the key 'prot' is unknown"),
        ("port = " + "[" * 5_000, "nested too deep"),
        ("port = " + "9" * 5_000, "not TOML"),
        ('port = "80"', "port is '80', expected a whole number"),
        ("port = true", "port is True, expected a whole number"),
        ("port = 65536", "port is 65536, expected 0 to 65535"),
        ("threads = 0", "threads is 0, expected 1 to 256"),
        ("lock_wait_seconds = -1", "lock_wait_seconds is -1, expected 0 to 600"),
        ("title = 7", "title is 7, expected a text"),
        ('title = ""', "title has to have 1 to 120 characters"),
        (f'host = "{"x" * 121}"', "host has to have 1 to 120 characters"),
        ("[server]\nport = 1", "the key 'server' is unknown"),
        ("port = ", "not TOML"),
        ("port = 1\nport = 2", "not TOML"),
        ("# " + "x" * 70_000, "more than 65536 bytes"),
    ],
)
def test_a_configuration_with_a_slip_is_refused(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "hub.toml").write_text(text)
    with pytest.raises(InvalidConfig, match=says):
        read_config(tmp_path / "hub.toml")


def test_a_configuration_that_is_not_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "hub.toml").write_bytes(b'title = "\xff"')
    with pytest.raises(InvalidConfig, match="not TOML"):
        read_config(tmp_path / "hub.toml")
    with pytest.raises(InvalidConfig, match="can't be read"):
        read_config(tmp_path)


def test_a_key_is_made_once(tmp_path: Path) -> None:
    store = KeyStore(tmp_path / "keys")
    first = store.create("targets").public_key
    assert store.create("targets").public_key == first
    assert store.public("targets") == first
    assert store.has("targets")
    assert not store.has("snapshot")


def test_a_passphrase_seals_a_key(tmp_path: Path) -> None:
    sealed = KeyStore(tmp_path, passphrase=lambda: b"three words here")
    made = sealed.create("targets").public_key
    assert b"ENCRYPTED" in sealed.path("targets").read_bytes()
    again = KeyStore(tmp_path, passphrase=lambda: b"three words here")
    assert again.public("targets") == made
    with pytest.raises(KeyLocked, match="is encrypted, and there is no passphrase"):
        KeyStore(tmp_path).signer("targets")
    with pytest.raises(KeyLocked, match="the passphrase doesn't open it"):
        KeyStore(tmp_path, passphrase=lambda: b"other words").signer("targets")


def test_keys_that_are_no_keys_are_named(tmp_path: Path) -> None:
    store = KeyStore(tmp_path)
    with pytest.raises(KeyAbsent, match="the key 'targets' isn't here"):
        store.signer("targets")
    store.path("targets").write_text("not a key")
    with pytest.raises(KeyAbsent, match="is no private key, or damaged"):
        store.signer("targets")
    other = generate_private_key(SECP256R1())
    pem = other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    store.path("targets").write_bytes(pem)
    with pytest.raises(KeyAbsent, match="expected Ed25519"):
        store.signer("targets")


def test_keys_that_others_can_read_are_found(tmp_path: Path) -> None:
    store = KeyStore(tmp_path)
    store.create("targets")
    store.create("snapshot")
    assert store.exposed() == []
    store.path("targets").chmod(0o640)
    assert store.exposed() == [store.path("targets")]


def test_a_second_writer_waits_then_says_who_is_in_the_way(tmp_path: Path) -> None:
    waits: list[float] = []
    now = 0.0

    def sleep(seconds: float) -> None:
        nonlocal now
        waits.append(seconds)
        now += seconds

    with locked(tmp_path / "lock", doing="publishing x.cpack", wait_seconds=0):
        says = rf"publishing x.cpack \(process {os.getpid()}\); waited 5 seconds"
        with (
            pytest.raises(Busy, match=says),
            locked(
                tmp_path / "lock", doing="other", wait_seconds=5, sleep=sleep, monotonic=lambda: now
            ),
        ):
            pass
    assert sum(waits) == pytest.approx(5, abs=0.2)


def test_a_writer_goes_on_once_the_other_has_ended(tmp_path: Path) -> None:
    first = locked(tmp_path / "lock", doing="first", wait_seconds=0)
    first.__enter__()
    turns: list[str] = []

    def end_the_first(_seconds: float) -> None:
        first.__exit__(None, None, None)

    with locked(tmp_path / "lock", doing="second", wait_seconds=60, sleep=end_the_first):
        turns.append("second")
    assert turns == ["second"]


def test_a_killed_writer_leaves_no_lock(tmp_path: Path) -> None:
    program = (
        "import os, sys; from pathlib import Path; from hub.lock import locked\n"
        "with locked(Path(sys.argv[1]), doing='dying', wait_seconds=0): os.kill(os.getpid(), 9)"
    )
    ended = subprocess.run([sys.executable, "-c", program, str(tmp_path / "lock")], check=False)
    assert ended.returncode == -9
    with locked(tmp_path / "lock", doing="next", wait_seconds=0):
        assert (tmp_path / "lock").read_text().startswith("next")
