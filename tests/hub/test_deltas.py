"""Deltas at the hub: which there are, when they are made, and that they bring what they say."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from content_packs import delta, delta_applying, manifest, repository
from content_packs.digests import digest_of
from content_packs.errors import Missing
from hub import delta_files, deltas
from hub.background import Background, ask_for_deltas
from hub.cli import main
from hub.contents import FileReader, read_layout, read_manifest
from hub.errors import Damaged
from hub.hub import Hub, open_hub
from hub.jobs import service as jobs
from hub.jobs.model import OF_HUB
from hub.jobs.running import run_waiting
from hub.publishing import publish
from hub.releasing import Terms, release, withdraw
from hub.versions import expect_version
from tests.hub.clients import MovableClock
from tests.support.packs import make_demo

HOLD_LOCK = """
import fcntl, sys, time
file = open(sys.argv[1], "w")
fcntl.flock(file, fcntl.LOCK_EX)
print("held", flush=True)
time.sleep(60)
"""


def files(hub: Hub) -> dict[str, int]:
    folder = hub.data.repository / "deltas"
    return {
        path.relative_to(hub.data.repository).as_posix(): path.stat().st_size
        for path in folder.rglob("*")
        if path.is_file()
    }


def opened_again(hub: Hub) -> Hub:
    """The hub that a command used within this process, from then on."""
    return open_hub(hub.data.root, hub.clock)


def place(hub: Hub, older: int, newer: int) -> str:
    old, new = (expect_version(hub, "demo", number).manifest for number in (older, newer))
    return repository.delta_path("demo", old, new)


def test_a_delta_is_a_small_file_of_the_repository(filled: Hub) -> None:
    (made,) = delta_files.make(filled, deltas.wanted(filled))
    assert (made.pack, made.older, made.newer) == ("demo", 1, 2)
    assert files(filled) == {place(filled, 1, 2): made.stored}
    assert repository.is_place(place(filled, 1, 2))
    assert 0 < made.stored <= made.fetched < made.without


def test_a_delta_says_how_to_make_the_new_version_of_the_old(filled: Hub) -> None:
    delta_files.make(filled, deltas.wanted(filled))
    old, new = (
        read_manifest(filled.objects, "demo", expect_version(filled, "demo", n).manifest)[0]
        for n in (1, 2)
    )
    stored = filled.data.place(place(filled, 1, 2)).read_bytes()
    head = delta.unpack_head(
        stored[: delta.head_size(stored)], old, manifest.encode(old), what="the delta"
    )
    assert head.size == len(stored)
    made = {}
    old_layout, _ = read_layout(filled.objects, old, expect_version(filled, "demo", 1).layout)
    with FileReader(filled.objects, old, old_layout, blocks_kept=2) as reader:
        for number, span in enumerate(head.group_spans):
            group = stored[span.offset : span.offset + span.stored]
            made |= dict(delta_applying.make_files(
                head, number, group, lambda file: reader.read(file, 0, file.size)
            ))  # fmt: skip
    held = {file.digest for file in old.files}
    new_files = {number: file for number, file in enumerate(new.files) if file.digest not in held}
    assert {number: digest_of(data) for number, data in made.items()} == {
        number: file.digest for number, file in new_files.items()
    }


def test_what_is_there_is_not_made_again(filled: Hub) -> None:
    delta_files.make(filled, deltas.wanted(filled))
    before = filled.data.place(place(filled, 1, 2)).stat().st_mtime_ns
    assert deltas.missing(filled, deltas.wanted(filled)) == []
    assert delta_files.make(filled, deltas.wanted(filled)) == []
    assert filled.data.place(place(filled, 1, 2)).stat().st_mtime_ns == before
    assert len(deltas.known(filled, deltas.wanted(filled))) == 1


@pytest.mark.parametrize("harm", ["gone", "cut off"])
def test_a_delta_whose_file_is_lost_is_made_again(filled: Hub, harm: str) -> None:
    delta_files.make(filled, deltas.wanted(filled))
    path = filled.data.place(place(filled, 1, 2))
    sound = path.read_bytes()
    path.unlink()
    if harm == "cut off":
        path.write_bytes(sound[:-1])
    delta_files.make(filled, deltas.wanted(filled))
    assert path.read_bytes() == sound


def test_a_half_written_delta_is_swept_away(filled: Hub) -> None:
    half = filled.data.making / "new.delta.part"
    half.parent.mkdir()
    half.write_bytes(b"half")
    delta_files.make(filled, deltas.wanted(filled))
    assert list(filled.data.making.iterdir()) == []
    assert set(files(filled)) == {place(filled, 1, 2)}


def test_wanted_are_three_versions_back_to_the_newest_and_to_those_on_offer(
    hub: Hub, tmp_path: Path
) -> None:
    for number in range(1, 7):
        make_demo(tmp_path / "v.cpack", version=number, pages={"one": f"<p>Edition {number}</p>"})
        publish(hub, tmp_path / "v.cpack")
    release(hub, "demo", 1, "main", Terms())
    found = [(one.older.version, one.newer.version) for one in deltas.wanted(hub, "demo")]
    assert found == [(5, 6), (4, 6), (3, 6), (1, 6)]
    first = [one.older.version for one in deltas.needed_first(hub, "demo", 6)]
    assert first == [5, 1], "from the version before, and from what nodes have now"
    withdraw(hub, "demo", 6)
    assert [one.newer.version for one in deltas.wanted(hub, "demo")] == []
    release(hub, "demo", 3, "main", Terms())
    assert {one.newer.version for one in deltas.wanted(hub, "demo")} == {3}


def test_an_unknown_pack_is_told(hub: Hub) -> None:
    with pytest.raises(Missing, match="no pack 'nothing'"):
        deltas.wanted(hub, "nothing")


def test_a_delta_that_saves_nothing_is_not_kept_and_not_tried_again(
    hub: Hub, tmp_path: Path
) -> None:
    """Version 2 has quite other films: blocks bring those as well."""
    for number in (1, 2):
        make_demo(
            tmp_path / f"{number}.cpack",
            version=number,
            seeds={"one": 10 * number, "two": 100 * number},
            video_bytes=500_000,
        )
    publish(hub, tmp_path / "1.cpack")
    publish(hub, tmp_path / "2.cpack")
    (made,) = delta_files.make(hub, deltas.wanted(hub))
    assert made.stored == 0
    assert made.fetched == made.without > 2_900_000
    assert files(hub) == {}
    assert deltas.missing(hub, deltas.wanted(hub)) == []


def test_a_release_has_the_delta_from_what_the_channel_offers(filled: Hub) -> None:
    root = str(filled.data.root)
    command = ["release", "demo", "--version", "2", "--channel", "main", "--data", root]
    done = CliRunner().invoke(main, command)
    assert done.exit_code == 0, done.output
    assert set(files(filled)) == {place(opened_again(filled), 1, 2)}


def test_an_earlier_version_that_is_damaged_keeps_no_later_one_from_the_schools(
    filled: Hub,
) -> None:
    """The page that demo 1 had, in its bundle, is no longer what it was."""
    (bundle,) = (
        path for path in (filled.data.repository / "bundles").iterdir()
        if path.stat().st_size > 100_000
    )  # fmt: skip
    data = bytearray(bundle.read_bytes())
    data[16:60] = bytes(44)
    bundle.write_bytes(data)
    with pytest.raises(Damaged):
        delta_files.make(filled, deltas.wanted(filled))
    command = ["release", "demo", "--version", "2", "--channel", "main"]
    done = CliRunner().invoke(main, [*command, "--data", str(filled.data.root)])
    assert done.exit_code == 0, done.output
    assert "warning: a delta can't be made" in done.stderr
    assert "main offers demo 2 in place of 1" in done.stdout


def test_a_delta_that_cant_be_written_keeps_no_version_from_the_schools(
    filled: Hub, cpacks: dict[str, Path]
) -> None:
    delta_files.make(filled, deltas.wanted(filled))
    filled.data.making.rmdir()
    filled.data.making.write_text("not a folder")
    command = ["publish", str(cpacks["3"]), "--release", "main"]
    done = CliRunner().invoke(main, [*command, "--data", str(filled.data.root)])
    assert done.exit_code == 0, done.output
    assert "warning: a delta can't be made" in done.stderr
    assert "main offers demo 3 in place of 1" in done.stdout
    asked = CliRunner().invoke(main, ["deltas", "--data", str(filled.data.root)])
    assert isinstance(asked.exception, SystemExit), "no traceback for who asks for deltas"
    assert asked.exit_code == 9


def test_the_command_makes_and_shows(filled: Hub) -> None:
    def run(*arguments: str) -> str:
        done = CliRunner().invoke(main, ["deltas", "--data", str(filled.data.root), *arguments])
        assert done.exit_code == 0, done.output
        return done.output

    assert run("--list") == "delta demo 1 to 2: not made yet\n"
    assert json.loads(run("--list", "--json"))["missing"] == [["demo", 1, 2]]
    assert "an update takes" in run("demo")
    found = json.loads(run("--json"))
    assert found["made"] == 0
    assert found["missing"] == []
    assert found["deltas"][0]["stored"] == files(filled)[place(opened_again(filled), 1, 2)]


def test_a_publish_makes_the_delta_that_nodes_will_ask_for(
    filled: Hub, cpacks: dict[str, Path]
) -> None:
    command = ["publish", str(cpacks["3"]), "--data", str(filled.data.root), "--json"]
    done = CliRunner().invoke(main, [*command, "--release", "main"])
    assert done.exit_code == 0, done.output
    made = json.loads(done.output)["deltas"]
    assert [(one["older"], one["newer"]) for one in made] == [(2, 3), (1, 3)]
    again = opened_again(filled)
    kept = {place(again, one["older"], 3) for one in made if one["stored"]}
    assert set(files(filled)) == kept


def test_parts_of_files_are_read_across_chunks(hub: Hub, tmp_path: Path) -> None:
    made = make_demo(tmp_path / "1.cpack", video_bytes=1_500_000)
    version = publish(hub, tmp_path / "1.cpack").version
    found, _ = read_manifest(hub.objects, "demo", version.manifest)
    laid_out, _ = read_layout(hub.objects, found, version.layout)
    film = max(made.files, key=lambda file: file.size)
    assert len(film.pieces) > 3
    with FileReader(hub.objects, found, laid_out, blocks_kept=2) as reader:
        whole = reader.read(film, 0, film.size)
        assert manifest.digest(found) == version.manifest
        for offset, length in ((0, 10), (film.pieces[0].size - 5, 10), (700_000, 1_500_000)):
            assert reader.read(film, offset, length) == whole[offset : offset + length]
        assert reader.read(film, film.size - 3, 100) == whole[-3:]
        assert reader.read(film, film.size, 1) == b""


def serving(hub: Hub, said: list[str]) -> Background:
    background = Background(hub, said.append, workers=1)
    background.start()
    return background


def test_a_serving_hub_makes_what_is_missing(filled: Hub) -> None:
    said: list[str] = []
    background = serving(filled, said)
    wait_until(lambda: bool(files(filled).get(place(filled, 1, 2))))
    wait_until(lambda: jobs.count(filled, OF_HUB)["done"] == 1)
    background.stop()
    assert set(files(filled)) == {place(filled, 1, 2)}
    assert said == []


def test_what_failed_is_said_as_a_job_and_not_tried_again_at_once(
    filled: Hub, clock: MovableClock
) -> None:
    (filled.data.repository / "deltas").write_text("not a folder")
    ask_for_deltas(filled)
    (failed,) = run_waiting(filled)
    assert failed.state == "failed"
    assert "deltas" in failed.problem
    ask_for_deltas(filled)
    assert run_waiting(filled) == []
    (filled.data.repository / "deltas").unlink()
    clock.go_on(hours=1)
    ask_for_deltas(filled)
    (done,) = run_waiting(filled)
    assert (done.state, done.result) == ("done", {"made": 1})
    ask_for_deltas(filled)
    assert run_waiting(filled) == []


def wait_until(done: Callable[[], bool]) -> None:
    until = time.monotonic() + 60
    while not done():
        assert time.monotonic() < until
        time.sleep(0.05)


def test_a_hub_that_stops_ends_what_it_is_making(filled: Hub) -> None:
    """The lock is held by somebody else, so that the process that was started waits."""
    holder = subprocess.Popen(
        [
            sys.executable, "-c",
            HOLD_LOCK, str(filled.data.deltas_lock),
        ],
        stdout=subprocess.PIPE,
    )  # fmt: skip
    assert holder.stdout
    assert holder.stdout.readline() == b"held\n"
    background = serving(filled, [])
    wait_until(lambda: jobs.count(filled, OF_HUB)["running"] == 1)
    began = time.monotonic()
    background.stop()
    assert time.monotonic() - began < 20
    os.kill(holder.pid, signal.SIGKILL)
    holder.wait()
    holder.stdout.close()
    assert files(filled) == {}
