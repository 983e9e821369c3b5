"""Releasing and withdrawing, as a client of the repository sees it."""

from pathlib import Path

import pytest

from content_packs.errors import Missing, Refused, UsageError
from hub import signed_deeds
from hub.channels import add_channel
from hub.edition import read_edition
from hub.errors import Damaged, KeyAbsent
from hub.fleet import audit
from hub.hub import Hub
from hub.models import ReleaseRow
from hub.releasing import Terms, release, terms, withdraw
from hub.settling import changing
from hub.signed_deeds import Deed
from tests.hub.clients import Client, client_of, content_of, tree


@pytest.fixture
def published(filled: Hub) -> Hub:
    """A hub with the versions 1 and 2 of demo, neither on offer."""
    withdraw(filled, "demo", 1, channel="main")
    return filled


@pytest.fixture
def client(published: Hub, tmp_path: Path) -> Client:
    return client_of(published.data.root, tmp_path / "client")


def test_a_released_version_is_offered(published: Hub, client: Client) -> None:
    released = release(published, "demo", 1, "main", Terms())
    assert (released.replaced, released.already) == (0, False)
    assert client.offers() == [released.offer]


def test_a_newer_release_takes_the_place_of_the_older(published: Hub, client: Client) -> None:
    release(published, "demo", 1, "main", Terms())
    assert client.versions() == {"demo": 1}
    assert release(published, "demo", 2, "main", Terms()).replaced == 1
    assert client.versions() == {"demo": 2}


def test_terms_travel_in_the_offer(published: Hub, client: Client) -> None:
    on = terms(25, "2026-09-01T08:00:00+08:00", "2026-09-07T00:00:00Z")
    release(published, "demo", 1, "main", on)
    (offer,) = client.offers()
    assert (offer.rollout, offer.activate_at, offer.needed_by) == (
        25, "2026-09-01T00:00:00Z", "2026-09-07T00:00:00Z"
    )  # fmt: skip


@pytest.mark.parametrize(
    ("rollout", "activate_at", "says"),
    [
        (0, "", "rollout: 0, expected 1 to 100"),
        (101, "", "rollout: 101, expected 1 to 100"),
        (100, "tomorrow", "activate-at: 'tomorrow' is not a time"),
        (100, "2026-09-01T08:00:00", "doesn't say in which time zone"),
        (100, "2026-13-01T08:00:00Z", "is not a time"),
        (100, "9999-12-31T23:59:59-12:00", "is not a time"),
    ],
)
def test_terms_that_make_no_sense_are_refused(rollout: int, activate_at: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        terms(rollout, activate_at, "")


def test_the_same_release_again_signs_nothing(published: Hub) -> None:
    release(published, "demo", 1, "main", Terms())
    before = content_of(published)
    assert release(published, "demo", 1, "main", Terms()).already
    assert content_of(published) == before


def test_a_rollout_can_be_widened(published: Hub, client: Client) -> None:
    release(published, "demo", 1, "main", Terms(rollout=10))
    release(published, "demo", 1, "main", Terms())
    (offer,) = client.offers()
    assert offer.rollout == 100


def test_a_release_never_goes_back_by_a_slip(published: Hub, client: Client) -> None:
    release(published, "demo", 2, "main", Terms())
    with pytest.raises(Refused, match="main offers demo 2, which is newer than 1") as refused:
        release(published, "demo", 1, "main", Terms())
    assert "--fall-back-to 1" in refused.value.hint
    assert client.versions() == {"demo": 2}


@pytest.mark.parametrize(
    ("pack", "version", "channel", "says"),
    [
        ("demo", 9, "main", "demo has no version 9; it has 2, 1"),
        ("nope", 1, "main", "there is no pack 'nope'"),
        ("demo", 1, "nope", "there is no channel 'nope'; there is main"),
    ],
)
def test_what_is_not_there_is_not_released(
    published: Hub, pack: str, version: int, channel: str, says: str
) -> None:
    with pytest.raises(Missing, match=says):
        release(published, pack, version, channel, Terms())


@pytest.mark.parametrize("kind", ["manifests", "layouts", "bundles"])
def test_content_that_was_lost_is_not_released(published: Hub, kind: str) -> None:
    for one in list(published.objects.list(f"{kind}/")):
        published.objects.delete(one.place)
    before = tree(published.data.metadata)
    with pytest.raises(Damaged, match=r"can't be read|isn't in the store") as refused:
        release(published, "demo", 1, "main", Terms())
    assert "backup" in refused.value.hint
    assert tree(published.data.metadata) == before


def test_channels_are_apart(published: Hub, client: Client) -> None:
    assert add_channel(published, "second")
    assert not add_channel(published, "second")
    release(published, "demo", 1, "main", Terms())
    release(published, "demo", 2, "second", Terms())
    assert client.versions("main") == {"demo": 1}
    assert client.versions("second") == {"demo": 2}


def test_a_channel_can_sign_for_nothing_but_its_own(published: Hub, client: Client) -> None:
    add_channel(published, "second")
    release(published, "demo", 1, "second", Terms())
    delegations = read_edition(published.data.metadata).targets.delegations
    assert delegations is not None
    assert delegations.roles is not None
    for role in delegations.roles.values():
        if role.name == "status":
            continue
        channel = role.name.removeprefix("c-")
        assert role.terminating
        assert role.is_delegated_path(f"{channel}/demo/1")
        assert not role.is_delegated_path("other/demo/1")
    keys = [role.keyids for role in delegations.roles.values()]
    assert keys[0] != keys[1]
    assert client.versions("second") == {"demo": 1}


def test_a_channel_needs_the_targets_key(published: Hub, client: Client) -> None:
    published.keys.path("targets").rename(published.data.root / "on-a-stick.pem")
    before = tree(published.data.metadata)
    with pytest.raises(KeyAbsent, match="the key 'targets' isn't here"):
        add_channel(published, "second")
    assert tree(published.data.metadata) == before
    assert not published.keys.has("c-second")
    assert client.offers() == []


def test_a_release_needs_no_key_but_the_channels_and_the_online_ones(
    published: Hub, client: Client
) -> None:
    for name in ("root-1", "root-2", "root-3", "targets"):
        published.keys.path(name).unlink()
    release(published, "demo", 1, "main", Terms())
    assert client.versions() == {"demo": 1}


def test_a_withdrawn_version_is_offered_nowhere_and_never_again(
    published: Hub, client: Client
) -> None:
    add_channel(published, "second")
    release(published, "demo", 2, "main", Terms())
    release(published, "demo", 2, "second", Terms())
    withdrawn = withdraw(published, "demo", 2)
    assert withdrawn.channels == ("main", "second")
    assert withdrawn.for_good
    assert client.versions("main") == client.versions("second") == {}
    with pytest.raises(Refused, match="demo 2 was withdrawn on 2026-01-01T08:00:00Z"):
        release(published, "demo", 2, "main", Terms())
    release(published, "demo", 1, "main", Terms())
    assert client.versions() == {"demo": 1}


def test_a_withdrawal_names_the_version_to_go_back_to(published: Hub) -> None:
    release(published, "demo", 1, "main", Terms())
    release(published, "demo", 2, "main", Terms())
    assert withdraw(published, "demo", 2).could_fall_back_to == {"main": 1}


def test_a_withdrawn_version_is_nothing_to_go_back_to(published: Hub) -> None:
    release(published, "demo", 1, "main", Terms())
    release(published, "demo", 2, "main", Terms())
    withdraw(published, "demo", 1)
    assert withdraw(published, "demo", 2).could_fall_back_to == {}


def test_a_withdrawal_can_fall_back_and_reaches_every_node(published: Hub, client: Client) -> None:
    release(published, "demo", 1, "main", Terms())
    release(published, "demo", 2, "main", Terms(rollout=50))
    withdrawn = withdraw(published, "demo", 2, fall_back_to=1)
    assert withdrawn.fallen_back_to == 1
    (offer,) = client.offers()
    assert (offer.version, offer.rollout) == (1, 100)


@pytest.mark.parametrize(
    ("to", "error", "says"),
    [
        (2, Refused, "demo 2 is not older than 2"),
        (7, Refused, "demo 7 is not older than 2"),
    ],
)
def test_nothing_falls_back_to_what_is_not_older(
    published: Hub, client: Client, to: int, error: type[Exception], says: str
) -> None:
    release(published, "demo", 2, "main", Terms())
    with pytest.raises(error, match=says):
        withdraw(published, "demo", 2, fall_back_to=to)
    assert client.versions() == {"demo": 2}


def test_what_is_withdrawn_for_good_is_said_beside_what_is_on_offer(
    published: Hub, client: Client
) -> None:
    """A school may have pinned it: its box lets it go by that word."""
    release(published, "demo", 2, "main", Terms(rollout=50))
    withdraw(published, "demo", 1)
    (offer,) = client.offers()
    assert (offer.version, offer.rollout, offer.withdrawn) == (2, 50, (1,))
    assert release(published, "demo", 2, "main", Terms(rollout=50)).already
    release(published, "demo", 2, "main", Terms())
    (offer,) = client.offers()
    assert (offer.rollout, offer.withdrawn) == (100, (1,))


def test_a_withdrawal_from_one_channel_leaves_the_others(published: Hub, client: Client) -> None:
    add_channel(published, "second")
    release(published, "demo", 2, "main", Terms())
    release(published, "demo", 2, "second", Terms())
    withdrawn = withdraw(published, "demo", 2, channel="main")
    assert withdrawn.channels == ("main",)
    assert not withdrawn.for_good
    assert client.versions("main") == {}
    assert client.versions("second") == {"demo": 2}
    release(published, "demo", 2, "main", Terms())
    assert client.versions("main") == {"demo": 2}


def test_a_withdrawal_is_safe_to_run_twice(published: Hub, client: Client) -> None:
    release(published, "demo", 2, "main", Terms())
    withdraw(published, "demo", 2)
    before = content_of(published)
    assert withdraw(published, "demo", 2).channels == ()
    assert content_of(published) == before
    assert client.versions() == {}


def test_nothing_is_deleted_by_a_withdrawal(published: Hub) -> None:
    release(published, "demo", 2, "main", Terms())
    before = set(content_of(published))
    withdraw(published, "demo", 2)
    assert before <= set(content_of(published))


def test_what_the_repository_offers_and_the_history_lacks_gets_a_line_once(filled: Hub) -> None:
    """As after hub.db came from a backup of before the release."""
    with filled.database.writing():
        ReleaseRow.delete().execute()
    for _ in range(2):
        with changing(filled, "looking"):
            pass
        newest, *others = audit.entries(filled, event="released", most=5)
        assert newest.reason == "demo 1 on main: found in the signed edition"
        assert [line.reason for line in others] == ["demo 1 on main"]


def test_a_deed_that_was_never_signed_leaves_no_line(filled: Hub) -> None:
    edition = read_edition(filled.data.metadata)
    signed_deeds.begin(filled, edition, Deed("withdrawn", "demo 1 for good", "anna"))
    with changing(filled, "looking"):
        pass
    assert audit.entries(filled, event="withdrawn", most=5) == []
    assert not filled.data.deed.exists()
