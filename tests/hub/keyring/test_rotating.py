"""Every role's key can be replaced; nodes follow without a gap, whoever holds root's keys."""

import shutil
from contextlib import suppress
from pathlib import Path

import pytest
from tuf.api.exceptions import UnsignedMetadataError
from tuf.api.metadata import Metadata, Root

from content_packs.errors import InvalidContent, Missing, Refused, Untrusted, UsageError
from content_packs.hub_keys import keyid_of
from content_packs.key_files import raw_of
from hub import taking_over
from hub.channels import add_channel
from hub.edition import read_edition
from hub.errors import KeyAbsent
from hub.hub import Hub
from hub.keyring import making
from hub.keyring.drafts import NOTHING, Changes, changes_of, escrow_of
from hub.keyring.installing import Installed, install
from hub.keyring.listing import list_keys
from hub.keyring.making import MadeKey
from hub.keyring.offline import describe, read_draft, sign_draft
from hub.keyring.rotating import export_unsigned, revoke, rotate
from hub.keyring.trust_root import check_trust, export_trust
from hub.keys import ROOT_NAMES
from hub.overview import overview
from hub.releasing import Terms, release
from hub.renewing import renew
from tests.hub.clients import Client, client_of

ROLES = ("targets", "snapshot", "timestamp", "c-main", "status", "service", "seal")


@pytest.fixture
def client(filled: Hub, tmp_path: Path) -> Client:
    return client_of(filled.data.root, tmp_path / "client")


@pytest.fixture
def away(filled: Hub, tmp_path: Path) -> Path:
    """A folder elsewhere, with the root keys that were moved off the hub."""
    folder = tmp_path / "away"
    folder.mkdir()
    for name in ROOT_NAMES:
        shutil.move(filled.keys.path(name), folder / f"{name}.pem")
    return folder


def named(hub: Hub, role: str) -> list[str]:
    return taking_over.in_force(read_edition(hub.data.metadata))[role]


def two_of(folder: Path) -> list[Path]:
    return [folder / "root-1.pem", folder / "root-3.pem"]


def ceremony(hub: Hub, draft: Path, *keys: Path, changes: Changes = NOTHING) -> Installed:
    export_unsigned(hub, "root", draft, changes)
    sign_draft(draft, keys, None)
    return install(hub, draft)


@pytest.mark.parametrize("role", ROLES)
def test_nodes_follow_the_new_key_of_every_role(filled: Hub, client: Client, role: str) -> None:
    assert client.versions() == {"demo": 1}
    (before,) = named(filled, role)
    rotated = rotate(filled, role)
    assert (rotated.role, rotated.needs, rotated.before) == (role, "", (before,))
    assert list(rotated.after) == named(filled, role)
    assert set(rotated.after) - {before}
    assert (before in rotated.after) == (role == "service")
    assert client.versions() == {"demo": 1}
    release(filled, "demo", 2, "main", Terms())
    assert client.versions() == {"demo": 2}
    assert renew(filled, everything=True)
    assert client.versions() == {"demo": 2}
    assert taking_over.waiting(filled.keys) == []


@pytest.mark.parametrize("role", ["targets", "snapshot", "timestamp"])
def test_a_node_that_comes_between_two_steps_is_never_refused(
    filled: Hub, client: Client, away: Path, tmp_path: Path, role: str
) -> None:
    rotated = rotate(filled, role)
    assert rotated.needs == "root"
    assert named(filled, role) == list(rotated.before)
    assert client.versions() == {"demo": 1}
    assert rotate(filled, role) == rotated  # it goes on with the key that waits
    renew(filled, everything=True)
    assert client.versions() == {"demo": 1}
    fresh = client_of(filled.data.root, tmp_path / "fresh")
    done = ceremony(filled, tmp_path / "draft.json", *two_of(away))
    assert done == Installed("root", 2, already=False)
    assert named(filled, role) == list(rotated.after)
    assert client.versions() == fresh.versions() == {"demo": 1}
    assert install(filled, tmp_path / "draft.json").already


def test_a_command_that_was_cut_off_after_the_root_is_finished_by_the_next(
    filled: Hub, client: Client, away: Path, tmp_path: Path
) -> None:
    rotate(filled, "timestamp")
    keys = shutil.copytree(filled.keys.folder, tmp_path / "keys")
    ceremony(filled, tmp_path / "draft.json", *two_of(away))
    shutil.rmtree(filled.keys.folder)
    shutil.copytree(keys, filled.keys.folder)  # as before the rename of the last step
    assert taking_over.waiting(filled.keys) == ["timestamp"]
    assert client.versions() == {"demo": 1}
    release(filled, "demo", 2, "main", Terms())
    assert taking_over.waiting(filled.keys) == []
    assert client.versions() == {"demo": 2}


@pytest.mark.parametrize("role", ["timestamp", "snapshot", "targets"])
def test_a_role_whose_old_key_is_lost_goes_on(
    filled: Hub, client: Client, away: Path, tmp_path: Path, role: str
) -> None:
    assert client.versions() == {"demo": 1}
    rotate(filled, role)
    filled.keys.path(role).unlink()
    done = ceremony(filled, tmp_path / "draft.json", *two_of(away))
    assert done.lapsed == ()
    assert client.versions() == {"demo": 1}
    release(filled, "demo", 2, "main", Terms())
    assert client.versions() == {"demo": 2}


def test_what_a_new_root_wants_signed_is_signed_once_the_key_is_here(
    filled: Hub, client: Client, away: Path, tmp_path: Path
) -> None:
    rotate(filled, "targets")
    waiting = tmp_path / "next.pem"
    shutil.move(filled.keys.path("targets.next"), waiting)
    draft = tmp_path / "draft.json"
    shutil.copy(waiting, filled.keys.path("targets.next"))
    export_unsigned(filled, "root", draft, NOTHING)
    filled.keys.path("targets.next").unlink()
    filled.keys.path("targets").unlink()
    sign_draft(draft, two_of(away), None)
    done = install(filled, draft)
    assert done.lapsed == ("targets",)
    assert any("nodes refuse this hub" in warning for warning in overview(filled).warnings)
    with pytest.raises(Refused, match="not signed yet as root 2 wants it: targets"):
        export_unsigned(filled, "root", draft, NOTHING)
    shutil.copy(waiting, filled.keys.path("targets"))
    assert "targets" in renew(filled)
    assert client.versions() == {"demo": 1}


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
        if keyid not in {filled_keyid(path) for path in two_of(away)}
    ]
    (away / "root-2.pem").unlink()
    added = making.make_root(tmp_path / "new", None)[0]
    changes = changes_of("root", [added.public], [lost[:12]])
    ceremony(filled, tmp_path / "draft.json", *two_of(away), changes=changes)
    assert set(named(filled, "root")) - {added.keyid} == {
        filled_keyid(path) for path in two_of(away)
    }
    assert client.versions() == {"demo": 1}


def filled_keyid(path: Path) -> str:
    from_file = making.key_files.signing_from(path.read_bytes(), None, what=str(path))
    return making.keyid_in_metadata(from_file)


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
    elif change == "one key":
        root.roles["root"].threshold = 1
    elif change == "foreign":
        root.revoke_key(root.roles["timestamp"].keyids[0], "timestamp")
        root.add_key(root.keys[root.roles["snapshot"].keyids[0]], "timestamp")
    metadata.to_file(str(draft))


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ("gap", Refused, "is root 3, the next is 2"),
        ("one key", Refused, "takes 1 of 3 keys"),
        ("foreign", Refused, "names a key for timestamp that isn't on this hub"),
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


def test_a_service_key_that_is_revoked_is_named_no_more(filled: Hub) -> None:
    (first,) = named(filled, "service")
    rotate(filled, "service")
    assert len(named(filled, "service")) == 2
    gone = revoke(filled, first[:10])
    assert (gone.revoked, len(gone.after)) == (True, 1)
    (second,) = named(filled, "service")
    assert taking_over.keyid_here(filled.keys, "service") == second
    revoke(filled, second)
    (third,) = named(filled, "service")
    assert taking_over.keyid_here(filled.keys, "service") == third not in {first, second}
    rotate(filled, "service")
    revoke(filled, "service")
    assert len(named(filled, "service")) == 1


def test_batches_sealed_to_an_earlier_key_can_still_be_opened(filled: Hub) -> None:
    seen = {keyid_of(raw_of(filled.keys.seal().public_key()))}
    for change in (rotate, revoke, rotate):
        change(filled, "seal")
        seen.add(keyid_of(raw_of(filled.keys.seal().public_key())))
    assert filled.keys.seals().keys() == seen
    assert named(filled, "seal") == [keyid_of(raw_of(filled.keys.seal().public_key()))]
    assert filled.keys.unencrypted() == []


def test_the_escrow_key_is_the_districts(filled: Hub, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="made by the district"):
        rotate(filled, "escrow")
    made = making.make_escrow(tmp_path, b"a district's secret words")
    assert made.encrypted
    rotate(filled, "escrow", escrow=escrow_of(made.public))
    assert named(filled, "escrow") == [made.keyid]
    with pytest.raises(InvalidContent, match="expected X25519"):
        escrow_of(making.make_root(tmp_path, None)[0].public)
    revoke(filled, "escrow")
    assert named(filled, "escrow") == []


@pytest.mark.parametrize("role", ["timestamp", "c-main", "status"])
def test_a_stolen_key_signs_nothing_that_nodes_take(filled: Hub, client: Client, role: str) -> None:
    assert client.versions() == {"demo": 1}
    stolen = filled.keys.path(role).read_bytes()
    revoked = revoke(filled, named(filled, role)[0])
    assert (revoked.needs, revoked.revoked) == ("", True)
    assert client.versions() == {"demo": 1}
    filled.keys.path(role).write_bytes(stolen)  # a thief signs all that can be signed with it
    with suppress(Untrusted):
        renew(filled, everything=True)
    with pytest.raises(UnsignedMetadataError):
        (client.status if role == "status" else client.offers)()


def test_roles_and_keys_that_there_arent_are_said(filled: Hub) -> None:
    with pytest.raises(Missing, match="there is no role 'nothing'"):
        rotate(filled, "nothing")
    with pytest.raises(Missing, match="there is no role 'ffffffffff'"):
        revoke(filled, "f" * 10)


def test_a_channel_whose_key_is_lost_gets_another(filled: Hub, client: Client) -> None:
    assert client.versions() == {"demo": 1}
    filled.keys.path("c-main").unlink()
    with pytest.raises(KeyAbsent, match="'c-main'"):
        release(filled, "demo", 2, "main", Terms())
    targets = filled.keys.path("targets").rename(filled.data.root / "targets.pem")
    assert rotate(filled, "main").needs == "targets"
    with pytest.raises(KeyAbsent, match="'c-main'"):
        release(filled, "demo", 2, "main", Terms())
    targets.rename(filled.keys.path("targets"))
    assert rotate(filled, "main").needs == ""
    assert client.versions() == {"demo": 1}
    release(filled, "demo", 2, "main", Terms())
    assert client.versions() == {"demo": 2}


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


def test_a_public_half_without_its_key_isnt_replaced(tmp_path: Path) -> None:
    made: MadeKey = making.make_root(tmp_path, None)[0]
    made.private.unlink()
    with pytest.raises(Refused, match=r"is here without root-1\.pem"):
        making.make_root(tmp_path, None)
