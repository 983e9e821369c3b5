"""A hub whose content lies in an S3 store does all that one with a folder does."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from content_packs import courier, repository
from content_packs.digests import digest_of
from content_packs.errors import StorageFailed
from hub import delta_files, deltas
from hub.app import create_app
from hub.background import publish_metadata
from hub.cli import main
from hub.config import Config, read_config
from hub.hub import Hub, open_hub
from hub.objects.moving import move
from hub.objects.s3 import S3Objects
from hub.overview import overview
from hub.people.actor import of_this_machine
from hub.publishing import publish
from hub.releasing import Terms, release
from hub.settling import changing
from hub.versions import versions_of
from tests.hub.clients import Client
from tests.hub.couriers.test_writing import run

ME = of_this_machine()

CONTENT = ("bundles/", "manifests/", "layouts/", "deltas/", "status/")


@pytest.fixture
def at_s3(filled: Hub, on_s3: Config) -> Hub:
    """The filled hub, its content moved to a bucket, and taken away where it was."""
    move(filled, ME, on_s3.objects, on_s3.objects_endpoint)
    for folder in CONTENT:
        shutil.rmtree(filled.data.repository / folder, ignore_errors=True)
    shutil.rmtree(filled.data.root / "cache")
    return open_hub(filled.data.root, filled.clock)


def fetched(hub: Hub, folder: Path) -> Path:
    """Return the bucket as a folder, as a CDN would offer it."""
    for one in hub.objects.list():
        place = folder.joinpath(*one.place.split("/"))
        place.parent.mkdir(parents=True, exist_ok=True)
        with hub.objects.open(one.place, 0, one.size) as part:
            place.write_bytes(part.read())
    return folder


def seen_by_a_node(hub: Hub, folder: Path) -> dict[int, dict[str, bytes]]:
    root = (hub.data.metadata / "1.root.json").read_bytes()
    client = Client(fetched(hub, folder / "bucket"), folder / "memory", root, hub.clock())
    return {offer.version: client.files(offer) for offer in client.offers()}


def test_a_bucket_is_a_repository_that_nodes_can_read(at_s3: Hub, tmp_path: Path) -> None:
    (before,) = seen_by_a_node(at_s3, tmp_path / "1").items()
    assert (before[0], len(before[1])) == (1, 10)
    release(at_s3, "demo", 2, "main", Terms())
    (after,) = seen_by_a_node(at_s3, tmp_path / "2").items()
    assert after[0] == 2
    changed = {name for name in after[1] if after[1][name] != before[1].get(name)}
    assert len(changed) == 1


def test_a_version_is_published_there_with_its_delta_and_served(
    at_s3: Hub, cpacks: dict[str, Path]
) -> None:
    publish(at_s3, cpacks["3"])
    made = delta_files.make(at_s3, deltas.wanted(at_s3))
    assert [one.newer for one in made]
    release(at_s3, "demo", 3, "main", Terms())
    assert [one for one in at_s3.data.repository.iterdir() if one.name != "metadata"] == []
    web = create_app(at_s3).test_client()
    for cached in (True, False):
        for one in at_s3.objects.list():
            whole = web.get(f"/{one.place}")
            assert (whole.status_code, len(whole.data)) == (200, one.size)
            part = web.get(f"/{one.place}", headers={"Range": f"bytes=1-{one.size - 1}"})
            assert (part.status_code, part.data) == (206, whole.data[1:])
            if one.place.startswith("bundles/"):
                assert digest_of(whole.data) in one.place
        assert web.get(f"/bundles/{'0' * 64}.bundle").status_code == 404
        if cached:
            shutil.rmtree(at_s3.data.root / "cache")
    assert overview(at_s3).repository_bytes == sum(one.size for one in at_s3.objects.list())


def test_nodes_are_sent_to_its_public_address_where_there_is_one(at_s3: Hub) -> None:
    public = replace(at_s3, config=replace(at_s3.config, objects_public="http://localhost/cdn/"))
    web = create_app(public).test_client()
    for one in at_s3.objects.list():
        answer = web.get(f"/{one.place}")
        if one.place.startswith("bundles/"):
            assert answer.status_code == 307
            assert answer.headers["Location"] == f"http://localhost/cdn/{one.place}"
        else:
            assert answer.status_code == 200
    assert web.get(f"/bundles/{'0' * 64}.bundle").status_code == 404


def test_a_stick_is_written_from_there(at_s3: Hub, tmp_path: Path) -> None:
    stick = tmp_path / "stick"
    stick.mkdir()
    assert run(at_s3, stick).size > 600_000
    assert len(list((stick / courier.REPOSITORY / "bundles").iterdir())) >= 1


def test_a_store_that_fails_in_the_middle_of_a_publish_leaves_nothing_of_it(
    at_s3: Hub, cpacks: dict[str, Path]
) -> None:
    before = {one.place for one in at_s3.objects.list()}
    failing = replace(at_s3, objects=_FailsAtTheLast(at_s3))
    with pytest.raises(StorageFailed, match="is gone"):
        publish(failing, cpacks["3"])
    assert len(list(at_s3.objects.list())) > len(before)  # some of it came there
    with changing(at_s3, "anything"):
        pass
    assert {one.place for one in at_s3.objects.list()} == before
    assert not [one for one in versions_of(at_s3, "demo") if one.version == 3]
    assert not publish(at_s3, cpacks["3"]).already


def test_a_release_is_in_force_here_though_the_store_is_gone_and_comes_there_later(
    at_s3: Hub, caplog: pytest.LogCaptureFixture
) -> None:
    gone = replace(at_s3, objects=_NoMetadata(at_s3))
    release(gone, "demo", 2, "main", Terms())
    assert "doesn't have the newest metadata yet" in caplog.text
    here = at_s3.data.place(repository.TIMESTAMP).read_bytes()
    size = next(one.size for one in at_s3.objects.list(repository.TIMESTAMP))
    with at_s3.objects.open(repository.TIMESTAMP, 0, size) as part:
        assert part.read() != here
    publish_metadata(at_s3)
    size = next(one.size for one in at_s3.objects.list(repository.TIMESTAMP))
    with at_s3.objects.open(repository.TIMESTAMP, 0, size) as part:
        assert part.read() == here


def test_content_moves_there_and_back_by_command(filled: Hub, on_s3: Config) -> None:
    def run_command(*words: str, code: int = 0) -> str:
        done = CliRunner().invoke(main, ["move-objects", *words, "--data", str(filled.data.root)])
        assert done.exit_code == code, done.output
        return done.output

    before = {one.place: one.size for one in filled.objects.list()}
    said = run_command(on_s3.objects, "--endpoint", on_s3.objects_endpoint)
    assert f"{len([p for p in before if not p.startswith('metadata/')])} files" in said
    there = open_hub(filled.data.root, filled.clock)
    assert there.config.objects == on_s3.objects
    assert {one.place: one.size for one in there.objects.list()} == before
    run_command(on_s3.objects, code=2)
    shutil.rmtree(filled.data.repository / "bundles")
    assert "folder now" in run_command("folder")
    again = open_hub(filled.data.root, filled.clock)
    assert {one.place: one.size for one in again.objects.list()} == before
    assert read_config(filled.data.config).objects == "folder"


class _FailsAtTheLast(S3Objects):
    """A store that goes away when the manifest is put, which comes last."""

    def __init__(self, hub: Hub) -> None:
        super().__init__(hub.data, hub.config)

    def put_file(self, place: str, path: Path) -> None:
        if place.startswith("manifests/"):
            raise StorageFailed("the store is gone")
        super().put_file(place, path)

    def delete(self, place: str) -> None:
        raise StorageFailed(f"the store is gone: {place}")


class _NoMetadata(S3Objects):
    """A store that takes no metadata."""

    def __init__(self, hub: Hub) -> None:
        super().__init__(hub.data, hub.config)

    def publish(self) -> int:
        raise StorageFailed("the store is gone")
