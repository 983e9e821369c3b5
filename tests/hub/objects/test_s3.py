"""What an S3 store adds: a checked cache, metadata that is copied up, a store that fails."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from content_packs.errors import StorageFailed
from hub.config import Config
from hub.data_dir import DataDir
from hub.errors import Damaged, InvalidConfig
from hub.objects.cache import Cache
from hub.objects.opening import objects_of
from hub.objects.s3 import S3Objects
from tests.hub.objects.test_objects import BUNDLE, CONTENT, put
from tests.support.s3_server import S3Server


@pytest.fixture
def stored(on_s3: Config, data: DataDir) -> S3Objects:
    """A store with a bundle, that isn't in the cache."""
    objects = S3Objects(data, on_s3)
    put(objects, data)
    shutil.rmtree(data.root / "cache")
    return objects


def test_what_is_not_in_the_cache_is_fetched_once(stored: S3Objects, data: DataDir) -> None:
    path = stored.local(BUNDLE)
    assert path == data.root / "cache" / BUNDLE
    assert path.read_bytes() == CONTENT
    path.write_bytes(b"as it was fetched")
    assert stored.local(BUNDLE).read_bytes() == b"as it was fetched"
    assert list((data.root / "cache" / "new").iterdir()) == []


def test_reading_a_part_fetches_no_more_than_that(stored: S3Objects, data: DataDir) -> None:
    with stored.open(BUNDLE, 100, 50) as part:
        assert part.read() == CONTENT[100:150]
    assert not (data.root / "cache").exists()


@pytest.mark.parametrize(
    "place",
    [
        f"bundles/{'a' * 64}.bundle",
        f"status/{'a' * 64}.json",
        f"manifests/demo/{'a' * 64}.json.zst",
        f"layouts/demo/{'a' * 64}.json.zst",
    ],
)
def test_other_bytes_than_the_name_says_are_never_kept(
    stored: S3Objects, data: DataDir, place: str
) -> None:
    stored.put(place, b"what somebody else put there")
    with pytest.raises(Damaged):
        stored.local(place)
    assert not (data.root / "cache" / place).exists()


def test_metadata_is_copied_up_and_the_timestamp_comes_last(
    stored: S3Objects, data: DataDir
) -> None:
    for name in ("1.root.json", "2.snapshot.json", "2.targets.json", "2.c-main.json.part"):
        (data.metadata / name).write_text(name)
    (data.metadata / "timestamp.json").write_text("names 2.snapshot")
    assert stored.publish() == 4
    assert stored.publish() == 0
    found = {one.place for one in stored.list("metadata/")}
    assert found == {
        f"metadata/{name}.json" for name in ("1.root", "2.snapshot", "2.targets", "timestamp")
    }
    (data.metadata / "3.snapshot.json").write_text("new")
    (data.metadata / "timestamp.json").write_text("names 3.snapshot")
    assert stored.publish() == 2
    assert stored.local("metadata/3.snapshot.json") == data.metadata / "3.snapshot.json"
    assert stored.size("metadata/3.snapshot.json") == 3
    assert stored.size("metadata/4.snapshot.json") is None


def test_a_store_that_is_gone_is_said_in_words_and_what_is_cached_can_be_read(
    data: DataDir, on_s3: Config
) -> None:
    objects = S3Objects(data, replace(on_s3, objects_endpoint="http://127.0.0.1:9"))
    kept = data.root / "cache" / BUNDLE
    kept.parent.mkdir(parents=True)
    kept.write_bytes(CONTENT)
    assert objects.local(BUNDLE) == kept
    with objects.open(BUNDLE, 1, 3) as part:
        assert part.read() == CONTENT[1:4]
    for deed in (
        lambda: objects.size(BUNDLE),
        lambda: list(objects.list()),
        lambda: objects.put(BUNDLE, b""),
        lambda: objects.delete(BUNDLE),
    ):
        with pytest.raises(StorageFailed, match=r"the store s3://.*") as failed:
            deed()
        assert "hub/CLI.md" in failed.value.hint


def test_a_bucket_that_isnt_there_is_said_in_words(data: DataDir, s3: S3Server) -> None:
    objects = S3Objects(
        data, replace(Config(), objects="s3://no-such-bucket", objects_endpoint=s3.address)
    )
    with pytest.raises(StorageFailed, match="bucket does not exist"):
        objects.put(BUNDLE, b"")
    with pytest.raises(StorageFailed):
        list(objects.list())


def test_an_address_without_a_bucket_is_refused(data: DataDir) -> None:
    with pytest.raises(InvalidConfig, match="names no bucket"):
        objects_of(data, replace(Config(), objects="s3:///prefix"))


def test_the_cache_forgets_what_was_used_longest_ago_but_nothing_of_the_last_minutes(
    tmp_path: Path,
) -> None:
    now = [1_000.0]
    names = iter(str(n) for n in range(9))
    cache = Cache(
        tmp_path, lambda: next(names), bytes_max=25, kept_seconds=60, clock=lambda: now[0]
    )
    places = [f"bundles/{n}{'0' * 63}.bundle" for n in range(4)]
    for place in places[:3]:
        cache.fill(place, [b"ten bytes."])
        now[0] += 10
    assert all(cache.find(place) for place in places[:3])  # all of the last minute, though over
    now[0] += 100
    assert cache.find(places[0])
    cache.fill(places[3], [b"ten bytes."])
    kept = [place for place in places if (tmp_path / place).exists()]
    assert kept == [places[0], places[3]]
