"""Every role's key can be replaced; nodes follow without a gap, whoever holds root's keys."""

import shutil
from contextlib import suppress
from pathlib import Path

import pytest
from tuf.api.exceptions import UnsignedMetadataError

from content_packs.errors import InvalidContent, Missing, Refused, Untrusted, UsageError
from content_packs.hub_keys import keyid_of
from content_packs.key_files import raw_of
from hub import taking_over
from hub.errors import KeyAbsent
from hub.hub import Hub
from hub.keyring import making
from hub.keyring.drafts import NOTHING, escrow_of
from hub.keyring.installing import Installed, install
from hub.keyring.offline import sign_draft
from hub.keyring.rotating import export_unsigned, revoke, rotate
from hub.overview import overview
from hub.releasing import Terms, release
from hub.renewing import renew
from tests.hub.clients import Client, client_of
from tests.hub.keyring.ceremonies import ceremony, named, two_of

ROLES = ("targets", "snapshot", "timestamp", "c-main", "status", "service", "seal")


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
