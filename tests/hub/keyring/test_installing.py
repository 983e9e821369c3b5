"""What people sign elsewhere comes into force once it is verified, and nothing else does."""

import json
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st
from securesystemslib.signer import SSlibKey
from tuf.api.metadata import Metadata, Root

from content_packs import key_files
from content_packs.errors import InvalidContent, Refused, Untrusted, UsageError
from hub import taking_over
from hub.channels import add_channel
from hub.edition import read_edition
from hub.hub import Hub
from hub.keyring import making
from hub.keyring.drafts import NOTHING, Changes, changes_of, escrow_of
from hub.keyring.installing import Installed, install
from hub.keyring.listing import list_keys
from hub.keyring.making import MadeKey
from hub.keyring.offline import describe, read_draft, sign_draft
from hub.keyring.rotating import export_unsigned, rotate
from hub.keyring.trust_root import check_trust, export_trust
from hub.keys import ROOT_NAMES
from hub.overview import overview
from hub.releasing import Terms, release
from hub.renewing import renew
from tests.hub.clients import START, Client, client_of
from tests.hub.keyring.ceremonies import ceremony, keyid_in, named, two_of


def test_roots_own_keys_are_replaced_by_keys_that_were_never_on_the_hub(
    filled: Hub, client: Client, tmp_path: Path
) -> None:
    offline = tmp_path / "offline"
    made = making.make_root(offline, None)
    assert making.make_root(offline, None) == made
    changes = changes_of("root", [key.public for key in made], named(filled, "root"))
    old = [filled.keys.path(name) for name in ("root-1", "root-2")]
    new = [key.private for key in made[:2]]
    done = ceremony(filled, tmp_path / "draft.json", *old, *new, changes=changes)
    assert done.version == 2
    assert named(filled, "root") == [key.keyid for key in made]
    for name in ROOT_NAMES:
        filled.keys.forget(name)
    assert client.versions() == {"demo": 1}
    assert {key.place for key in list_keys(filled) if key.role == "root"} == {"offline"}
    assert overview(filled).warnings == ()


def test_a_lost_root_key_is_replaced_by_the_two_that_are_left(
    filled: Hub, client: Client, away: Path, tmp_path: Path
) -> None:
    (lost,) = [
        keyid
        for keyid in named(filled, "root")
        if keyid not in {keyid_in(path) for path in two_of(away)}
    ]
    (away / "root-2.pem").unlink()
    added = making.make_root(tmp_path / "new", None)[0]
    changes = changes_of("root", [added.public], [lost[:12]])
    ceremony(filled, tmp_path / "draft.json", *two_of(away), changes=changes)
    assert set(named(filled, "root")) - {added.keyid} == {keyid_in(path) for path in two_of(away)}
    assert client.versions() == {"demo": 1}


@pytest.fixture
def draft(filled: Hub, away: Path, tmp_path: Path) -> Path:
    """A draft of root 2, which nobody signed yet."""
    assert away
    rotate(filled, "timestamp")
    export_unsigned(filled, "root", tmp_path / "draft.json", NOTHING)
    return tmp_path / "draft.json"


def changed(draft: Path, change: str) -> None:
    metadata = Metadata[Root].from_file(str(draft))
    root = metadata.signed
    if change == "gap":
        root.version += 1
    elif change == "foreign":
        root.revoke_key(root.roles["timestamp"].keyids[0], "timestamp")
        foreign = Ed25519PrivateKey.generate().public_key()
        root.add_key(SSlibKey.from_crypto(foreign), "timestamp")
    elif change == "lapsed":
        root.expires = START
    metadata.to_file(str(draft))


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ("gap", Refused, "is root 3, the next is 2"),
        ("foreign", Refused, "names a key for timestamp that isn't on this hub"),
        ("lapsed", Refused, "lapsed on 2026-01-01"),
    ],
)
def test_a_root_that_would_do_harm_is_refused(  # noqa: PLR0917 - two fixtures, a case of three
    filled: Hub, away: Path, draft: Path, change: str, error: type[Exception], words: str
) -> None:
    changed(draft, change)
    sign_draft(draft, two_of(away), None)
    with pytest.raises(error, match=words):
        install(filled, draft)
    assert read_edition(filled.data.metadata).root.version == 1


def test_a_root_needs_two_signatures_of_keys_that_count(
    filled: Hub, away: Path, draft: Path, tmp_path: Path
) -> None:
    thieves = [key.private for key in making.make_root(tmp_path / "thief", None)]
    for keys in ([], [away / "root-1.pem"], [away / "root-1.pem"] * 2, thieves):
        sign_draft(draft, keys, None)
        with pytest.raises(Untrusted, match=r"wants it signed by 2 .*, and [01] did") as caught:
            install(filled, draft)
        assert "hub keys sign" in caught.value.hint
    said = sign_draft(draft, [away / "root-2.pem"], None)
    assert said.content == describe(read_draft(draft)).content
    assert install(filled, draft).version == 2


def test_a_root_keeps_three_keys_of_its_own(filled: Hub, tmp_path: Path) -> None:
    added = making.make_root(tmp_path / "new", None)
    for changes, words in (
        (changes_of("root", [added[0].public], []), "would have 4 keys"),
        (Changes(drop=named(filled, "root")[:1]), "would have 2 keys"),
    ):
        with pytest.raises(Refused, match=words):
            export_unsigned(filled, "root", tmp_path / "draft.json", changes)
    with pytest.raises(UsageError, match="0 keys of root begin so"):
        export_unsigned(filled, "root", tmp_path / "draft.json", Changes(drop=["ff" * 32]))
    with pytest.raises(UsageError, match="is signed by the hub itself"):
        export_unsigned(filled, "snapshot", tmp_path / "draft.json", NOTHING)
    with pytest.raises(Refused, match="by people who hold two of them"):
        rotate(filled, "root")


@pytest.mark.parametrize("name", ["timestamp", "targets", "c-main", "status", "service"])
def test_a_key_that_the_hub_signs_with_is_none_for_root(
    filled: Hub, tmp_path: Path, name: str
) -> None:
    public = tmp_path / f"{name}.pub"
    public.write_bytes(key_files.public_pem(filled.keys.signing_key(name).public_key()))
    changes = changes_of("root", [public], named(filled, "root")[:1])
    with pytest.raises(Refused, match="is one that this hub signs with"):
        export_unsigned(filled, "root", tmp_path / "draft.json", changes)
    assert not (tmp_path / "draft.json").exists()


def test_the_hubs_own_seal_key_is_none_for_the_district(filled: Hub, tmp_path: Path) -> None:
    public = tmp_path / "escrow.pub"
    public.write_bytes(key_files.public_pem(filled.keys.seal().public_key()))
    with pytest.raises(Refused, match="is the hub's own seal key"):
        rotate(filled, "escrow", escrow=escrow_of(public))
    assert named(filled, "escrow") == []


def test_targets_are_signed_where_their_key_is(filled: Hub, client: Client, tmp_path: Path) -> None:
    offline = tmp_path / "targets.pem"
    shutil.move(filled.keys.path("targets"), offline)
    escrow = making.make_escrow(tmp_path / "district", None)
    for role in ("main", "status", "service", "seal"):
        assert rotate(filled, role).needs == "targets"
    renew(filled)
    assert client.versions() == {"demo": 1}
    draft = tmp_path / "draft.json"
    changes = changes_of("targets", [escrow.public], [])
    export_unsigned(filled, "targets", draft, changes)
    with pytest.raises(Untrusted, match="signed by 1 of its keys for targets, and 0 did"):
        install(filled, draft)
    sign_draft(draft, [offline], filled.passphrases.find())
    assert install(filled, draft) == Installed("targets", 2, already=False)
    assert install(filled, draft).already
    assert named(filled, "escrow") == [escrow.keyid]
    assert len(named(filled, "service")) == 2
    assert taking_over.waiting(filled.keys) == []
    release(filled, "demo", 2, "main", Terms())
    assert client.versions() == {"demo": 2}


def test_old_targets_and_targets_with_other_roles_are_refused(filled: Hub, tmp_path: Path) -> None:
    draft = tmp_path / "draft.json"
    export_unsigned(filled, "targets", draft, NOTHING)
    sign_draft(draft, [filled.keys.path("targets")], filled.passphrases.find())
    add_channel(filled, "second")
    with pytest.raises(Refused, match="is targets 2, the hub has 2"):
        install(filled, draft)
    metadata = read_draft(draft)
    metadata.signed.version = 9
    metadata.to_file(str(draft))
    sign_draft(draft, [filled.keys.path("targets")], filled.passphrases.find())
    with pytest.raises(Refused, match="adds or leaves out the role c-second"):
        install(filled, draft)


def test_a_root_of_trust_for_flashing_leads_to_the_newest(filled: Hub, tmp_path: Path) -> None:
    first = export_trust(filled, tmp_path / "first.json")
    for _ in range(3):
        rotate(filled, "timestamp")
    newest = export_trust(filled, tmp_path / "newest.json")
    assert (first.version, newest.version, newest.newest) == (1, 4, 4)
    assert check_trust(filled, tmp_path / "first.json").newest == 4
    client = client_of(filled.data.root, tmp_path / "client")
    client.trust_root = (tmp_path / "newest.json").read_bytes()
    assert client.versions() == {"demo": 1}
    (tmp_path / "first.json").write_bytes(newest.file.read_bytes() + b" ")
    with pytest.raises(Untrusted, match="isn't one of this hub's"):
        check_trust(filled, tmp_path / "first.json")
    (tmp_path / "first.json").write_text("{}")
    with pytest.raises(InvalidContent, match="is no metadata"):
        check_trust(filled, tmp_path / "first.json")


def test_targets_without_a_key_of_this_hub_are_refused(filled: Hub, tmp_path: Path) -> None:
    draft = tmp_path / "draft.json"
    export_unsigned(filled, "targets", draft, NOTHING)
    metadata = read_draft(draft)
    metadata.signed.unrecognized_fields["satchel"]["seal"] = {}
    metadata.to_file(str(draft))
    sign_draft(draft, [filled.keys.path("targets")], filled.passphrases.find())
    with pytest.raises(Refused, match="names no seal key that is on this hub"):
        install(filled, draft)


@given(
    st.binary(max_size=300)
    | st.builds(
        lambda signed: json.dumps({"signed": signed, "signatures": []}).encode(),
        st.dictionaries(
            st.sampled_from(["_type", "version", "expires", "roles", "keys", "delegations", "x"]),
            st.sampled_from(["root", "targets", "1.0.31", {}, [], 1, None, {"root": {}}]),
        ),
    )
)
def test_no_bytes_pass_for_a_draft_and_no_other_error_is_raised(data: bytes) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder, "draft.json")
        path.write_bytes(data)
        with pytest.raises(InvalidContent):
            read_draft(path)


def test_a_public_half_without_its_key_isnt_replaced(tmp_path: Path) -> None:
    made: MadeKey = making.make_root(tmp_path, None)[0]
    made.private.unlink()
    with pytest.raises(Refused, match=r"is here without root-1\.pem"):
        making.make_root(tmp_path, None)
