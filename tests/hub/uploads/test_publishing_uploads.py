"""What was uploaded is published by a job, in its publisher's name only; what fails says why."""

import shutil
import zipfile
from pathlib import Path

import pytest

from content_packs.errors import SatchelError
from hub.hub import Hub
from hub.jobs.running import run_waiting
from hub.jobs.service import get
from hub.people.actor import Actor
from hub.summary import summary
from hub.uploads import files, handing_over, receiving
from hub.uploads.receiving import Upload
from hub.versions import versions_of
from tests.hub.clients import MovableClock
from tests.hub.uploads.tus_client import ANNA, BAO, CHIEF, TusClient
from tests.support.folders import sound_folder


def upload(hub: Hub, actor: Actor, path: Path, name: str = "") -> Upload:
    """Upload a file whole, as a browser does, and hand it over."""
    client = TusClient(hub, actor)
    made = client.create(path.stat().st_size, name or path.name)
    took = client.patch(made, 0, path.read_bytes())
    assert took.whole
    return handing_over.hand_over(hub, actor, took.whole)


def now(hub: Hub, of: Upload) -> Upload:
    return receiving.find_even_expired(hub, CHIEF, of.id)


def test_an_uploaded_cpack_is_published(hub: Hub, cpacks: dict[str, Path]) -> None:
    sent = upload(hub, ANNA, cpacks["1"])
    run_waiting(hub)
    (version,) = versions_of(hub, "demo")
    assert version.published_by == "anna"
    assert now(hub, sent).state == "published"
    assert "demo 1 is published" in now(hub, sent).result
    assert not files.path_of(hub, sent.id).exists()
    assert get(hub, ANNA, sent.job).result["pack"] == "demo"


def test_handing_over_twice_is_one_job(hub: Hub, cpacks: dict[str, Path]) -> None:
    sent = upload(hub, ANNA, cpacks["1"])
    assert handing_over.hand_over(hub, ANNA, sent).job == sent.job


def test_what_was_whole_when_the_hub_was_killed_is_handed_over(
    hub: Hub, cpacks: dict[str, Path]
) -> None:
    client = TusClient(hub, ANNA)
    made = client.create(cpacks["1"].stat().st_size, "1.cpack")
    client.patch(made, 0, cpacks["1"].read_bytes())  # and the hub dies before the job starts
    assert handing_over.settle(hub) == 1
    run_waiting(hub)
    assert [version.published_by for version in versions_of(hub, "demo")] == ["anna"]


def test_an_administrator_s_that_was_whole_then_is_published_in_their_name(
    hub: Hub, cpacks: dict[str, Path]
) -> None:
    client = TusClient(hub, CHIEF)
    made = client.create(cpacks["1"].stat().st_size, "1.cpack")
    client.patch(made, 0, cpacks["1"].read_bytes())
    assert handing_over.settle(hub) == 1
    run_waiting(hub)
    assert [version.published_by for version in versions_of(hub, "demo")] == ["chief"]


def test_another_publishers_pack_is_refused_and_says_so(hub: Hub, cpacks: dict[str, Path]) -> None:
    sent = upload(hub, BAO, cpacks["1"])
    (job,) = run_waiting(hub)
    assert job.state == "failed"
    assert now(hub, sent).state == "failed"
    assert "'satchel'" in now(hub, sent).result
    assert str(hub.data.root) not in now(hub, sent).result
    assert not versions_of(hub, "demo")


def test_a_file_that_is_no_cpack_says_so_by_its_name(hub: Hub, tmp_path: Path) -> None:
    (tmp_path / "x.cpack").write_bytes(b"not a cpack at all")
    sent = upload(hub, ANNA, tmp_path / "x.cpack")
    run_waiting(hub)
    said = now(hub, sent)
    assert said.state == "failed"
    assert said.result.startswith("x.cpack: ")


def test_a_failed_one_can_be_tried_again(hub: Hub, cpacks: dict[str, Path]) -> None:
    upload(hub, ANNA, cpacks["2"])
    upload(hub, ANNA, cpacks["other-2"])  # of one moment: either may be first
    run_waiting(hub)
    (failed,) = (one for one in receiving.list_uploads(hub, ANNA) if one.state == "failed")
    again = handing_over.hand_over(hub, ANNA, failed)
    assert again.state == "whole"
    assert again.job != failed.job


def test_the_zip_of_a_pack_folder_is_built_and_published(hub: Hub, tmp_path: Path) -> None:
    folder = sound_folder(tmp_path / "maths")
    with zipfile.ZipFile(tmp_path / "maths.zip", "w") as archive:
        for path in sorted(folder.rglob("*")):
            archive.write(path, f"maths/{path.relative_to(folder)}")
    sent = upload(hub, CHIEF, tmp_path / "maths.zip")
    run_waiting(hub)
    assert now(hub, sent).state == "published", now(hub, sent).result


def test_a_folder_with_faults_tells_all_of_them(hub: Hub, tmp_path: Path) -> None:
    folder = sound_folder(tmp_path / "maths")
    shutil.rmtree(folder / "pack.toml", ignore_errors=True)
    (folder / "pack.toml").write_text('id = "maths"\n')
    with zipfile.ZipFile(tmp_path / "maths.zip", "w") as archive:
        for path in sorted(folder.rglob("*")):
            archive.write(path, path.relative_to(folder))
    sent = upload(hub, CHIEF, tmp_path / "maths.zip")
    run_waiting(hub)
    assert now(hub, sent).result.count("error: ") > 1
    assert "maths.zip" in now(hub, sent).result or "pack.toml" in now(hub, sent).result


def test_a_signature_is_uploaded_beside_its_cpack(
    hub: Hub, cpacks: dict[str, Path], tmp_path: Path
) -> None:
    (tmp_path / "1.cpack.sig").write_bytes(b"{}")
    upload(hub, ANNA, tmp_path / "1.cpack.sig")
    assert not run_waiting(hub)  # it waits for its cpack
    sent = upload(hub, ANNA, cpacks["1"])
    run_waiting(hub)
    assert now(hub, sent).state == "failed"  # this one is no signature, and was looked at
    assert "1.cpack.sig" in now(hub, sent).result


def test_what_is_remembered_of_a_published_one_goes_in_the_end(
    hub: Hub, cpacks: dict[str, Path], clock: MovableClock
) -> None:
    sent = upload(hub, ANNA, cpacks["1"])
    run_waiting(hub)
    clock.go_on(days=31)
    handing_over.settle(hub)
    with pytest.raises(SatchelError):
        now(hub, sent)


def test_its_maker_is_told_of_one_that_failed(hub: Hub, cpacks: dict[str, Path]) -> None:
    upload(hub, BAO, cpacks["1"])
    run_waiting(hub)
    said = {need.kind: need.count for need in summary(hub, BAO).needs}
    assert said["uploads"] == 1
    assert "uploads" not in {need.kind for need in summary(hub, ANNA).needs}


def test_who_runs_it_once_more_lends_no_right_to_others_packs(
    hub: Hub, cpacks: dict[str, Path]
) -> None:
    sent = upload(hub, ANNA, cpacks["thief-3"])
    for actor in (ANNA, CHIEF):
        handing_over.hand_over(hub, actor, now(hub, sent))
        run_waiting(hub)
        assert "publisher 'thief'" in now(hub, sent).result
        assert versions_of(hub, "demo") == []
