"""Who may publish what: signed cpacks, keys that a hub knows, and every way to get it wrong."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from content_packs import publications, publishing_keys
from content_packs.cli import main as content_packs
from content_packs.cpack import open_cpack
from content_packs.errors import InvalidContent, Missing, Refused, Untrusted, UsageError
from content_packs.publications import Signer
from content_packs.publishing_keys import MadeKey
from hub import publishers
from hub.cli import main
from hub.hub import Hub, open_hub
from hub.options import DATA_VARIABLE
from hub.publishers import PublisherKey, judge
from hub.publishing import publish
from tests.hub.clients import MovableClock
from tests.support.packs import make_demo


@pytest.fixture
def press(tmp_path: Path) -> MadeKey:
    return publishing_keys.make(tmp_path / "press", None)


@pytest.fixture
def cpack(tmp_path: Path) -> Path:
    path = tmp_path / "demo-1.cpack"
    make_demo(path, version=1, video_bytes=1_000, publisher="river-press")
    return path


def signed(cpack: Path, key: MadeKey) -> Path:
    with open_cpack(cpack) as opened:
        publications.sign(opened, publishing_keys.read(key.private, None))
    return cpack


def test_a_publishers_signed_pack_is_published(hub: Hub, press: MadeKey, cpack: Path) -> None:
    publishers.add(hub, "river-press", press.public, "demo*")
    published = publish(hub, signed(cpack, press))
    assert published.signed_by == press.keyid
    assert publish(hub, cpack).already


def test_nobody_else_publishes_in_a_known_publishers_name(
    hub: Hub, press: MadeKey, cpack: Path, tmp_path: Path
) -> None:
    publishers.add(hub, "river-press", press.public, "demo")
    with pytest.raises(Refused, match="isn't signed"):
        publish(hub, cpack)
    with pytest.raises(Refused, match="another key signed it"):
        publish(hub, signed(cpack, publishing_keys.make(tmp_path / "thief", None)))


def test_a_publisher_signs_its_own_packs_alone(
    hub: Hub, press: MadeKey, cpack: Path, tmp_path: Path
) -> None:
    publishers.add(hub, "river-press", press.public, "grade4-*")
    with pytest.raises(Refused, match="river-press may publish grade4-"):
        publish(hub, signed(cpack, press))
    thief = publishing_keys.make(tmp_path / "thief", None)
    publishers.add(hub, "thief", thief.public, "*")
    with pytest.raises(Refused, match="is signed by thief, but says it is of the publisher"):
        publish(hub, signed(cpack, thief))


def test_a_removed_key_signs_nothing_any_more(hub: Hub, press: MadeKey, cpack: Path) -> None:
    publishers.add(hub, "river-press", press.public, "*")
    assert len(publishers.remove(hub, "river-press")) == 1
    assert publishers.remove(hub, "river-press") == []
    with pytest.raises(Refused, match="was removed on"):
        publish(hub, signed(cpack, press))
    with pytest.raises(Refused, match="was removed on"):
        publishers.add(hub, "river-press", press.public, "*")
    with pytest.raises(Missing, match="there is no key"):
        publishers.remove(hub, "nobody")


def test_a_hub_that_requires_signatures_takes_nothing_else(
    hub: Hub, clock: MovableClock, press: MadeKey, cpack: Path
) -> None:
    config = hub.data.config
    config.write_text(config.read_text() + "require_signatures = true\n")
    strict = open_hub(hub.data.root, clock)
    with pytest.raises(Refused, match="isn't signed, and this hub takes nothing unsigned"):
        publish(strict, cpack)
    with pytest.raises(Refused, match="is no publisher's"):
        publish(strict, signed(cpack, press))
    publishers.add(strict, "river-press", press.public, "demo")
    assert publish(strict, cpack).signed_by == press.keyid


def test_without_the_setting_the_operator_vouches(hub: Hub, press: MadeKey, cpack: Path) -> None:
    assert publish(hub, cpack).signed_by == ""
    assert publish(hub, signed(cpack, press)).signed_by == press.keyid


def test_a_signature_of_other_content_is_refused(
    hub: Hub, press: MadeKey, cpack: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other.cpack"
    make_demo(other, version=1, video_bytes=1_001, publisher="river-press")
    signature = publications.signature_path(cpack)
    signature.write_bytes(publications.signature_path(signed(other, press)).read_bytes())
    with pytest.raises(Untrusted, match="signs manifest"):
        publish(hub, cpack)
    signature.write_bytes(b"{}")
    with pytest.raises(InvalidContent, match=r"demo-1\.cpack\.sig"):
        publish(hub, cpack)


def test_every_changed_byte_of_a_signature_is_noticed(press: MadeKey, cpack: Path) -> None:
    document = bytearray(publications.signature_path(signed(cpack, press)).read_bytes())
    with open_cpack(cpack) as opened:
        publications.check(bytes(document), opened, what="it")
        for place in range(0, len(document), 7):
            changed = bytearray(document)
            changed[place] ^= 1
            with pytest.raises((Untrusted, InvalidContent)):
                publications.check(bytes(changed), opened, what="it")


def test_adding_again_changes_the_pattern(hub: Hub, press: MadeKey) -> None:
    first, added = publishers.add(hub, "river-press", press.public, "demo")
    assert added
    assert publishers.add(hub, "river-press", press.public, "demo") == (first, False)
    assert publishers.add(hub, "river-press", press.public, "*")[1]
    assert [key.packs for key in publishers.list_keys(hub)] == ["*"]
    with pytest.raises(Refused, match="is river-press's"):
        publishers.add(hub, "other", press.public, "*")
    with pytest.raises(UsageError, match="is not a pattern"):
        publishers.add(hub, "river-press", press.public, "../*")
    with pytest.raises(InvalidContent, match="is no public key"):
        publishers.add(hub, "river-press", press.private, "*")


KEY = PublisherKey("press", "aa" * 32, "maths-*", "2026-01-01T00:00:00Z", "")


@pytest.mark.parametrize("require", [False, True])
def test_the_rules(require: bool) -> None:
    judge([KEY], "maths-4", "press", Signer(KEY.keyid, "press"), require=require)
    for pack, publisher, signer in (
        ("maths-4", "press", None),
        ("maths-4", "press", Signer("bb" * 32, "press")),
        ("history-4", "press", Signer(KEY.keyid, "press")),
        ("maths-4", "other", Signer(KEY.keyid, "other")),
    ):
        with pytest.raises(Refused) as caught:
            judge([KEY], pack, publisher, signer, require=require)
        assert caught.value.hint
    for signer in (None, Signer("bb" * 32, "other")):
        if require:
            with pytest.raises(Refused):
                judge([KEY], "maths-4", "other", signer, require=True)
        else:
            judge([KEY], "maths-4", "other", signer, require=False)


def run(*words: str | Path, hub: Hub | None = None) -> Result:
    environment = {DATA_VARIABLE: str(hub.data.root)} if hub else {}
    program = main if hub else content_packs
    return CliRunner().invoke(program, [str(word) for word in words], env=environment)


def test_from_a_key_to_a_published_pack_by_commands(hub: Hub, cpack: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("the river runs slow today\n")
    made = run("keygen", tmp_path / "k", "--passphrase-file", secret)
    assert made.exit_code == 0
    assert "for the hub's operator" in made.output
    assert run("keygen", tmp_path / "k").exit_code == 5
    locked = run("sign", cpack, "--key", tmp_path / "k.pem")
    assert (locked.exit_code, "there is no passphrase" in locked.stderr) == (2, True)
    said = run("verify", cpack)
    assert "not signed" in said.output
    said = run("sign", cpack, "--key", tmp_path / "k.pem", "--passphrase-file", secret)
    assert "signed by the key" in said.output
    assert "signed for river-press by the key" in run("verify", cpack).output
    said = run(
        "publishers", "add", "river-press", "--key", tmp_path / "k.pub", "--packs", "demo", hub=hub
    )
    assert "river-press may publish demo" in said.output
    assert "signed by the key" in run("publish", cpack, hub=hub).output
    assert "river-press  demo" in run("publishers", "list", hub=hub).output
    said = run("publishers", "remove", "river-press", hub=hub)
    assert "signs nothing any more" in said.output
    assert "removed" in run("publishers", "list", hub=hub).output


def test_a_key_that_a_cut_left_half_made_is_finished(tmp_path: Path) -> None:
    made = publishing_keys.make(tmp_path / "k", None)
    made.public.unlink()
    assert publishing_keys.make(tmp_path / "k", None) == made
    assert isinstance(publishing_keys.read(made.private, None), Ed25519PrivateKey)
