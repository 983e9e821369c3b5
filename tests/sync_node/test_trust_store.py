"""Nothing is believed unless it is signed, newest and unexpired; every attack has its name here."""

import itertools
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tuf.api.metadata import MetaFile

from content_packs.errors import InvalidContent, Missing, Untrusted
from content_packs.offers import Offer
from sync_node.folder_source import FolderSource
from sync_node.source import Source
from sync_node.trust_store import TrustStore, check_root
from tests.support.repositories import NOW, Repository

OFFER = Offer("demo", 1, "ab" * 32, 100, "cd" * 32, 50, 1_000)
OFFER_2 = Offer("demo", 2, "ac" * 32, 100, "cd" * 32, 50, 1_000)


class Live(FolderSource):
    """A folder that counts as a hub: what it says is of now."""

    live = True


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    made = Repository(tmp_path / "repository")
    made.offer("main", OFFER)
    return made


@pytest.fixture
def trust(tmp_path: Path, repository: Repository) -> TrustStore:
    (tmp_path / "trust").mkdir()
    store = TrustStore(tmp_path / "trust")
    store.initialise(repository.first_root)
    return store


def refresh(
    trust: TrustStore,
    source: Source | Repository,
    *channels: str,
    now: datetime = NOW,
) -> tuple[Offer, ...]:
    if isinstance(source, Repository):
        source = Live(source.root)
    channels = channels or ("main",)
    verified = trust.refresh(source, channels, now=now, timestamp=None)
    return tuple(offer for channel in channels for offer in verified.offers.get(channel, ()))


def on_disk(tmp_path: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (tmp_path / "trust").iterdir()}


def refused(trust: TrustStore, source: Repository, words: str, now: datetime = NOW) -> None:
    """Show that a refresh is refused in these words, and that nothing changed."""
    before = on_disk(trust.folder.parent)
    with pytest.raises(Untrusted, match=words) as caught:
        refresh(trust, source, now=now)
    assert caught.value.hint
    after = on_disk(trust.folder.parent)
    roots = {name for name in after if name.endswith("root.json")}
    assert {k: v for k, v in after.items() if k not in roots} == {
        k: v for k, v in before.items() if k not in roots
    }


def test_offers_of_a_followed_channel(trust: TrustStore, repository: Repository) -> None:
    assert refresh(trust, repository) == (OFFER,)


def test_a_new_offer(trust: TrustStore, repository: Repository) -> None:
    refresh(trust, repository)
    repository.offer("main", OFFER_2)
    assert refresh(trust, repository) == (OFFER_2,)
    assert refresh(trust, repository) == (OFFER_2,), "and asking again changes nothing"


def test_only_followed_channels_are_fetched(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "repository", channels=("main", "trial"))
    repository.offer("main", OFFER)
    repository.offer("trial", OFFER_2)
    (tmp_path / "trust").mkdir()
    trust = TrustStore(tmp_path / "trust")
    trust.initialise(repository.first_root)
    assert refresh(trust, repository, "trial") == (OFFER_2,)
    assert not (tmp_path / "trust" / "c-main.json").exists()
    assert refresh(trust, repository, "main", "trial") == (OFFER, OFFER_2)


def test_a_channel_that_isnt_there_is_said(trust: TrustStore, repository: Repository) -> None:
    verified = trust.refresh(Live(repository.root), ("main", "typo"), now=NOW, timestamp=None)
    assert verified.absent == ("typo",)
    assert verified.offers["main"] == (OFFER,)


def test_a_channel_taken_away_isnt_read_from_disk(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "repository", channels=("main", "trial"))
    repository.offer("trial", OFFER)
    (tmp_path / "trust").mkdir()
    trust = TrustStore(tmp_path / "trust")
    trust.initialise(repository.first_root)
    assert refresh(trust, repository, "trial") == (OFFER,)
    repository.channels = ("main",)
    # Snapshots never drop a role (TUF 5.5.5), so the role stays in it, undelegated.
    snapshot = repository.versions["c-trial"]
    original = repository.write_signed

    def keep_naming(role, signed, key):  # noqa: ANN001, ANN202  # a stand-in for one call
        if role == "snapshot":
            signed.meta["c-trial.json"] = MetaFile(snapshot)
        return original(role, signed, key)

    repository.write_signed = keep_naming  # type: ignore[method-assign]
    repository.sign()
    assert refresh(trust, repository, "trial") == ()


@pytest.mark.parametrize("role", ["timestamp", "snapshot", "targets", "c-main"])
def test_signed_by_another_key(trust: TrustStore, repository: Repository, role: str) -> None:
    refresh(trust, repository)
    repository.sign(**{role: "root"})
    refused(trust, repository, "signed|verif|threshold")


@pytest.mark.parametrize("role", ["timestamp", "snapshot", "targets", "c-main"])
def test_one_bit_changed(trust: TrustStore, repository: Repository, role: str) -> None:
    refresh(trust, repository)
    repository.sign()
    name = f"{role}.json" if role == "timestamp" else f"{repository.versions[role]}.{role}.json"
    data = bytearray(repository.read(f"metadata/{name}"))
    data[data.index(b'"version":') + len(b'"version":')] ^= 1
    repository.write(f"metadata/{name}", bytes(data))
    refused(trust, repository, ".")


@pytest.mark.sampled(6)
@pytest.mark.parametrize("role", ["timestamp", "snapshot", "targets", "c-main"])
@pytest.mark.parametrize(
    "data",
    [b"", b"{}", b"[]", b"null", b"<html>log in here</html>", b'{"signed":{}}', b"\xff\xfe", b"{"],
)
def test_no_metadata_at_all(
    trust: TrustStore, repository: Repository, role: str, data: bytes
) -> None:
    refresh(trust, repository)
    repository.sign()
    name = f"{role}.json" if role == "timestamp" else f"{repository.versions[role]}.{role}.json"
    repository.write(f"metadata/{name}", data)
    refused(trust, repository, ".")


def test_rollback_to_an_older_repository(
    trust: TrustStore, repository: Repository, tmp_path: Path
) -> None:
    old = repository.copy_to(tmp_path / "old")
    repository.offer("main", OFFER_2)
    refresh(trust, repository)
    before = on_disk(tmp_path)
    with pytest.raises(Untrusted, match="version"):
        refresh(trust, Live(old))
    with pytest.raises(Untrusted, match="version"):
        refresh(trust, FolderSource(old))
    assert on_disk(tmp_path) == before


def test_rollback_of_one_channel_in_a_new_snapshot(
    trust: TrustStore, repository: Repository
) -> None:
    refresh(trust, repository)
    repository.offer("main", OFFER_2)
    refresh(trust, repository)
    repository.versions["c-main"] = 0
    repository.sign()
    refused(trust, repository, "version")


def test_freeze_on_an_expired_timestamp(trust: TrustStore, repository: Repository) -> None:
    refresh(trust, repository)
    refused(trust, repository, "expired", now=NOW + timedelta(days=31))


def test_what_has_expired_on_a_stick_is_still_of_use(
    trust: TrustStore, repository: Repository
) -> None:
    later = NOW + timedelta(days=400)
    verified = trust.refresh(FolderSource(repository.root), ("main",), now=later, timestamp=None)
    assert verified.offers["main"] == (OFFER,)
    assert verified.expires == NOW + timedelta(days=30)


def test_expired_root(trust: TrustStore, repository: Repository) -> None:
    repository.new_root(lifetime=timedelta(days=1))
    refused(trust, repository, "expired", now=NOW + timedelta(days=2))


def test_trusted_time_is_the_clock_of_the_client(trust: TrustStore, repository: Repository) -> None:
    """Guards the one private name of python-tuf that is used (DECISIONS.md, 3)."""
    repository.now = datetime(2030, 1, 1, tzinfo=UTC)
    repository.sign()
    assert refresh(trust, repository, now=datetime(2030, 1, 2, tzinfo=UTC))
    repository.sign()
    refused(trust, repository, "expired", now=datetime(2030, 3, 1, tzinfo=UTC))


def test_mix_and_match(trust: TrustStore, repository: Repository) -> None:
    refresh(trust, repository)
    repository.offer("main", OFFER_2)
    version = repository.versions["c-main"]
    repository.write(
        f"metadata/{version}.c-main.json", repository.read(f"metadata/{version - 1}.c-main.json")
    )
    refused(trust, repository, ".")


def test_endless_metadata(trust: TrustStore, repository: Repository) -> None:
    repository.write("metadata/timestamp.json", b" " * 9_000_000)
    with pytest.raises(InvalidContent, match="more than"):
        refresh(trust, repository)


def test_another_hubs_repository(trust: TrustStore, tmp_path: Path) -> None:
    refused(trust, Repository(tmp_path / "other"), "signed|verif|threshold")


def test_new_keys_for_every_role(trust: TrustStore, repository: Repository) -> None:
    refresh(trust, repository)
    for role in ("root", "timestamp", "snapshot", "targets", "root"):
        repository.rotate(role)
    repository.sign()
    assert refresh(trust, repository) == (OFFER,)
    repository.offer("main", OFFER_2)
    assert refresh(trust, repository) == (OFFER_2,), "from the newest root on"


def test_a_root_that_its_predecessor_didnt_sign(trust: TrustStore, repository: Repository) -> None:
    repository.keys["root"] = repository.keys["snapshot"]
    repository.new_root()
    repository.sign()
    refused(trust, repository, ".")


def test_a_root_with_a_gap(trust: TrustStore, repository: Repository) -> None:
    repository.rotate("timestamp")
    repository.sign()
    (repository.root / "metadata/2.root.json").unlink()
    refused(trust, repository, "signed|verif|threshold")


def test_roots_are_kept_when_the_rest_fails(
    trust: TrustStore, repository: Repository, tmp_path: Path
) -> None:
    repository.rotate("timestamp")
    repository.sign(timestamp="snapshot")
    refused(trust, repository, ".")
    assert "2.root.json" in on_disk(tmp_path)


def test_a_stolen_timestamp_key_is_of_no_use_after_rotation(
    trust: TrustStore, repository: Repository
) -> None:
    """A thief signed a timestamp from far ahead; with a new key the node goes on (TUF 5.3.11)."""
    repository.versions["timestamp"] = 1_000_000
    repository.sign()
    refresh(trust, repository)
    repository.rotate("timestamp")
    repository.versions["timestamp"] = 3
    repository.sign()
    assert refresh(trust, repository) == (OFFER,)


def test_an_offer_that_contradicts_its_target(trust: TrustStore, repository: Repository) -> None:
    repository.target_names[1] = "main/demo/9"
    repository.sign()
    with pytest.raises(InvalidContent, match="custom says"):
        refresh(trust, repository)


def test_an_incomplete_repository(trust: TrustStore, repository: Repository) -> None:
    (repository.root / f"metadata/{repository.versions['snapshot']}.snapshot.json").unlink()
    with pytest.raises(Missing, match="snapshot"):
        refresh(trust, repository)


def test_a_signed_time_is_noticed(trust: TrustStore, repository: Repository) -> None:
    repository.signed_at = ""
    repository.sign()
    assert (
        trust.refresh(Live(repository.root), ("main",), now=NOW, timestamp=None).signed_at is None
    )
    repository.signed_at = "2026-06-01T10:00:00Z"
    repository.sign()
    verified = trust.refresh(Live(repository.root), ("main",), now=NOW, timestamp=None)
    assert verified.signed_at == datetime(2026, 6, 1, 10, tzinfo=UTC)


def test_every_mix_of_old_and_new_files_is_good_to_start_from(
    trust: TrustStore, repository: Repository, tmp_path: Path
) -> None:
    """A power cut may leave any of the new files beside any of the old ones."""
    refresh(trust, repository)
    old = on_disk(tmp_path)
    repository.rotate("timestamp")
    repository.offer("main", OFFER_2)
    refresh(trust, repository)
    new = on_disk(tmp_path)
    repository.sign()
    names = sorted(name for name in new if name != "1.root.json")
    folder = tmp_path / "trust"
    for taken in itertools.product((False, True), repeat=len(names)):
        shutil.rmtree(folder)
        folder.mkdir()
        (folder / "1.root.json").write_bytes(new["1.root.json"])
        for name, is_new in zip(names, taken, strict=True):
            if data := (new if is_new else old).get(name):
                (folder / name).write_bytes(data)
        assert refresh(trust, repository) == (OFFER_2,), taken


@pytest.mark.sampled(4)
@pytest.mark.parametrize(
    "name", ["timestamp.json", "snapshot.json", "targets.json", "c-main.json", "2.root.json"]
)
@pytest.mark.parametrize("damage", [b"", b"rot", None])
def test_damage_on_our_disk_heals(
    trust: TrustStore, repository: Repository, tmp_path: Path, name: str, damage: bytes | None
) -> None:
    repository.rotate("snapshot")
    repository.sign()
    refresh(trust, repository)
    file = tmp_path / "trust" / name
    if damage is None:
        file.unlink()
    else:
        file.write_bytes(damage)
    assert refresh(trust, repository) == (OFFER,)


def test_recalls_what_it_verified_without_any_source(
    trust: TrustStore, repository: Repository, tmp_path: Path
) -> None:
    with pytest.raises(Missing):
        trust.recall(("main",))
    refresh(trust, repository)
    shutil.rmtree(repository.root)
    assert trust.recall(("main",)).offers["main"] == (OFFER,)
    (tmp_path / "trust" / "c-main.json").write_bytes(b"rot")
    with pytest.raises(Untrusted):
        trust.recall(("main",))


@pytest.mark.parametrize("data", [b"", b"{}", b"root", b"x" * 600_000])
def test_what_is_no_root(data: bytes) -> None:
    with pytest.raises(Untrusted, match="root"):
        check_root(data)


def test_other_metadata_is_no_root(repository: Repository) -> None:
    with pytest.raises(Untrusted, match="root"):
        check_root(repository.read("metadata/timestamp.json"))


def test_a_root_that_doesnt_sign_itself(repository: Repository) -> None:
    repository.new_root(signer="snapshot")
    with pytest.raises(Untrusted, match="root"):
        check_root(repository.roots[-1])
