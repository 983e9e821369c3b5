"""Keys at rest: where the passphrase comes from, and hubs of before that had none."""

import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from content_packs import key_files
from content_packs.errors import InvalidContent, KeyLocked, Missing, UsageError
from hub.edition import read_edition
from hub.hub import Hub, open_hub
from hub.initialising import initialise
from hub.keyring.encrypting import encrypt
from hub.keyring.listing import list_keys
from hub.keyring.rotating import rotate
from hub.keys import ROOT_NAMES
from hub.overview import overview
from hub.passphrases import Passphrases
from hub.renewing import renew
from hub.signing import Signing
from tests.hub.clients import MovableClock, client_of

WORDS = b"the river runs slow today"


def places(tmp_path: Path, named: Path | None = None, **environment: str) -> Passphrases:
    return Passphrases(named, environment, tmp_path / "passphrase")


def test_the_first_place_that_has_one_counts(tmp_path: Path) -> None:
    for name in ("named", "passphrase", "hub-passphrase"):
        (tmp_path / name).write_text(f"the passphrase {name}\n")
    variable, credentials = "SATCHEL_HUB_PASSPHRASE", "CREDENTIALS_DIRECTORY"
    everything = {variable: "the passphrase variable", credentials: str(tmp_path)}
    assert places(tmp_path, tmp_path / "named", **everything).find() == b"the passphrase named"
    assert places(tmp_path, **everything).find() == b"the passphrase hub-passphrase"
    everything[credentials] = str(tmp_path / "none")
    assert places(tmp_path, **everything).find() == b"the passphrase variable"
    assert places(tmp_path).find() == b"the passphrase passphrase"
    (tmp_path / "passphrase").unlink()
    assert places(tmp_path).find() is None
    with pytest.raises(Missing):
        places(tmp_path, tmp_path / "none").find()
    with pytest.raises(UsageError, match="SATCHEL_HUB_PASSPHRASE: a passphrase of 5 bytes"):
        places(tmp_path, **{variable: "short"}).find()
    assert "passphrase variable" not in repr(places(tmp_path, **everything))


def test_a_hub_without_a_passphrase_makes_one_beside_its_keys(hub: Hub) -> None:
    assert stat.S_IMODE(hub.data.passphrase.stat().st_mode) == 0o600
    assert hub.data.passphrase.parent == hub.data.keys.parent
    assert hub.keys.unencrypted() == []
    assert not any(map(hub.keys.is_encrypted, ROOT_NAMES))
    hub.data.passphrase.write_text("some other passphrase\n")
    with pytest.raises(KeyLocked, match="the passphrase doesn't open it"):
        renew(hub, everything=True)
    (locked,) = [one for one in overview(hub).warnings if "the hub can't sign" in one]
    assert "(6 more keys alike)" in locked
    hub.data.passphrase.unlink()
    with pytest.raises(KeyLocked, match="there is no passphrase") as caught:
        renew(hub, everything=True)
    assert "--passphrase-file" in caught.value.hint
    assert (caught.value.code, caught.value.exit_code) == ("key-locked", 2)


def test_no_key_is_made_open_or_under_another_passphrase_than_the_others(hub: Hub) -> None:
    said = hub.data.passphrase.read_bytes()
    hub.data.passphrase.unlink()
    with pytest.raises(KeyLocked, match="there is no passphrase"):
        rotate(hub, "timestamp")
    hub.data.passphrase.write_text("some other passphrase\n")
    with pytest.raises(KeyLocked, match="the passphrase doesn't open it"):
        rotate(hub, "timestamp")
    assert not hub.keys.has("timestamp.next")
    hub.data.passphrase.write_bytes(said)
    rotate(hub, "timestamp")
    assert hub.keys.unencrypted() == []
    assert hub.keys.locked() == []


def test_a_hub_with_a_passphrase_of_its_operator_keeps_none(
    tmp_path: Path, clock: MovableClock
) -> None:
    words = tmp_path / "words"
    words.write_bytes(WORDS)
    made = initialise(tmp_path / "hub", "main", clock, passphrase_file=words, environment={})
    assert made.passphrase_made is None
    hub = open_hub(tmp_path / "hub", clock)
    assert not hub.data.passphrase.exists()
    assert hub.config.passphrase_file == str(words)
    assert renew(hub, everything=True)
    words.chmod(0o644)
    assert any(f"can read {words}" in warning for warning in overview(hub).warnings)


@pytest.fixture
def older(hub: Hub) -> Hub:
    """A hub as an earlier version made it: keys open, no further keys, no status role."""
    for name in hub.keys.names():
        key = hub.keys.seal(name) if name == "seal" else hub.keys.signing_key(name)
        key_files.write_private(hub.keys.path(name), key, None)
    edition = read_edition(hub.data.metadata)
    targets = edition.targets
    del targets.unrecognized_fields["satchel"]
    assert targets.delegations
    assert targets.delegations.roles
    (keyid,) = targets.delegations.roles.pop("status").keyids
    del targets.delegations.keys[keyid]
    Signing(hub.data.metadata, hub.keys, hub.clock()).commit(edition, {"targets": targets})
    for name in ("service", "seal", "status"):
        hub.keys.forget(name)
    hub.data.passphrase.unlink()
    return hub


def test_open_keys_keep_working_with_a_warning_until_they_are_encrypted(
    older: Hub, tmp_path: Path
) -> None:
    assert renew(older, everything=True)
    assert any("keys are not encrypted" in warning for warning in overview(older).warnings)
    done = encrypt(older)
    assert "timestamp" in done.encrypted
    assert done.passphrase_made == older.data.passphrase
    assert not any("not encrypted" in warning for warning in overview(older).warnings)
    assert encrypt(older).encrypted == ()
    renew(older, everything=True)
    assert client_of(older.data.root, tmp_path / "client").offers() == []


def test_an_older_hub_gets_the_keys_that_it_lacks(older: Hub, tmp_path: Path) -> None:
    client = client_of(older.data.root, tmp_path / "client")
    assert client.offers() == []
    assert any("name no keys for enrolment" in warning for warning in overview(older).warnings)
    assert renew(older) == ["snapshot", "status", "targets", "timestamp"]
    assert renew(older) == []
    edition = read_edition(older.data.metadata)
    assert (len(edition.hub_keys.service), len(edition.hub_keys.seal)) == (1, 1)
    assert client.offers() == client.status() == []


def test_the_list_says_where_each_key_is_and_since_when(hub: Hub, clock: MovableClock) -> None:
    renew(hub)
    clock.go_on(days=3)
    hub.keys.path("targets").rename(hub.data.root / "targets.pem")
    rotate(hub, "main")
    views = {view.role: view for view in list_keys(hub)}
    assert {view.place for view in list_keys(hub) if view.role == "root"} == {"open"}
    assert views["targets"].place == "offline"
    assert views["snapshot"].place == views["seal"].place == "encrypted"
    assert views["timestamp"].since == "2026-01-01T08:00:00Z"
    assert views["timestamp"].expires == "2026-01-31T08:00:00Z"
    assert views["timestamp"].due == "2026-01-16T08:00:00Z"
    assert views["c-main.next"].since == ""
    hub.data.passphrase.unlink()
    assert {view.role: view.place for view in list_keys(hub)}["snapshot"] == "encrypted"


@given(st.binary(max_size=200))
def test_no_bytes_pass_for_a_key(data: bytes) -> None:
    for read in (key_files.signing_from, key_files.seal_from):
        with pytest.raises((InvalidContent, KeyLocked)):
            read(data, WORDS, what="it")
    for read_public in (key_files.verifying_from, key_files.sealed_to_from):
        with pytest.raises(InvalidContent):
            read_public(data, what="it")


def test_a_key_comes_back_as_it_was_written(tmp_path: Path) -> None:
    signing, seal = Ed25519PrivateKey.generate(), X25519PrivateKey.generate()
    key_files.write_private(tmp_path / "a", signing, WORDS)
    key_files.write_private(tmp_path / "b", seal, None)
    again = key_files.signing_from((tmp_path / "a").read_bytes(), WORDS, what="a")
    assert again.private_bytes_raw() == signing.private_bytes_raw()
    opened = key_files.seal_from((tmp_path / "b").read_bytes(), WORDS, what="b")
    assert opened.private_bytes_raw() == seal.private_bytes_raw()
    for read, name in ((key_files.seal_from, "a"), (key_files.signing_from, "b")):
        with pytest.raises(InvalidContent, match="is a key of another kind"):
            read((tmp_path / name).read_bytes(), WORDS, what=name)
    public = key_files.public_pem(seal.public_key())
    with pytest.raises(InvalidContent, match="expected Ed25519"):
        key_files.verifying_from(public, what="p")
    (tmp_path / "large").write_bytes(b" " * 20_000)
    with pytest.raises(InvalidContent, match="more than"):
        key_files.read_bounded(tmp_path / "large")
