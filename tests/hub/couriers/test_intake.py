"""What nodes left on a stick is taken in once, whatever else lies there; answers go onto it."""

import contextlib
import errno
import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from content_packs import courier
from content_packs.errors import KeyLocked, SourceUnavailable, StorageFailed, UsageError
from content_packs.limits import DOCUMENT_BYTES_MAX
from content_packs.stick import Stick
from hub.couriers.intake import read
from hub.couriers.route import read_route
from hub.couriers.writing import Waiting
from tests.hub.clients import tree
from tests.support.couriers import PaperFleet
from tests.support.sticks import Disk, failing, pulled_after

KEYID = "ab" * 32


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    up = tmp_path / "stick" / courier.UP
    for path, text in {
        f"{KEYID}/claim.json": "claim",
        "qamdo-7/report.json": "report",
        **{f"qamdo-7/batches/{n}.json": f"batch {n}" for n in range(1, 12)},
    }.items():
        (up / path).parent.mkdir(parents=True, exist_ok=True)
        (up / path).write_text(text, encoding="utf-8")
    return tmp_path / "stick"


@pytest.fixture
def fleet() -> PaperFleet:
    return PaperFleet(answers={KEYID: {"credential": b"you are qamdo-8"},
                               "qamdo-7": {"receipt": b"up to 11"}})  # fmt: skip


def test_everything_is_taken_and_answered_at_once(stick: Path, fleet: PaperFleet) -> None:
    before = tree(stick)
    taken = read(Stick(stick), fleet)
    assert (taken.claims, taken.reports, taken.batches, taken.troubles) == (1, 1, 11, [])
    assert (fleet.claims, fleet.reports) == ([b"claim"], [b"report"])
    assert fleet.batches == [f"batch {n}".encode() for n in range(1, 12)], "in their order"
    assert tree(stick / courier.DOWN) == {
        f"{KEYID}/credential.json": b"you are qamdo-8",
        "qamdo-7/receipt.json": b"up to 11",
    }
    assert before.items() <= tree(stick).items(), "a node takes its own away"


def test_reading_it_again_changes_nothing(stick: Path, fleet: PaperFleet) -> None:
    read(Stick(stick), fleet)
    before = tree(stick)
    again = read(Stick(stick), fleet)
    assert (again.batches, again.known, again.documents) == (0, 11, 0)
    assert tree(stick) == before


def test_a_claim_that_waits_for_a_person_is_told(stick: Path, fleet: PaperFleet) -> None:
    fleet.waiting = Waiting("qamdo-8", "ABCD-EFGH-JKMN-PQRS")
    taken = read(Stick(stick), fleet)
    assert (taken.claims, taken.waiting) == (1, [fleet.waiting])


def test_told_so_it_leaves_no_answers(stick: Path, fleet: PaperFleet) -> None:
    before = tree(stick)
    assert read(Stick(stick), fleet, answers=False).batches == 11
    assert tree(stick) == before


@pytest.mark.parametrize("disk", [None, Disk()])
def test_a_stick_without_anything_is_good(
    tmp_path: Path, fleet: PaperFleet, disk: Disk | None
) -> None:
    (tmp_path / courier.FOLDER).mkdir()
    empty = Stick(tmp_path, disk) if disk else Stick(tmp_path)
    assert read(empty, fleet).nodes == []


@pytest.mark.parametrize("text", ["bad", "x" * (DOCUMENT_BYTES_MAX + 1)])
def test_what_is_refused_keeps_nothing_else_back(stick: Path, fleet: PaperFleet, text: str) -> None:
    (stick / courier.up_path("qamdo-7", courier.REPORT)).write_text(text, encoding="utf-8")
    taken = read(Stick(stick), fleet)
    assert (taken.claims, taken.reports, taken.batches) == (1, 0, 11)
    assert [line.split(":")[0] for line in taken.troubles] == ["satchel/up/qamdo-7/report.json"]


def test_after_a_batch_that_is_refused_those_behind_it_wait(stick: Path, fleet: PaperFleet) -> None:
    (stick / courier.batch_path("qamdo-7", 5)).write_text("bad", encoding="utf-8")
    taken = read(Stick(stick), fleet)
    assert taken.batches == 4
    assert len(taken.troubles) == 1


@pytest.mark.parametrize("at", ["qamdo-7/report.json", "qamdo-7/batches", "qamdo-7"])
def test_links_lead_nowhere(stick: Path, fleet: PaperFleet, at: str, tmp_path: Path) -> None:
    (tmp_path / "outside" / "batches").mkdir(parents=True)
    (tmp_path / "outside" / "report.json").write_text("secret", encoding="utf-8")
    (tmp_path / "outside" / "batches" / "1.json").write_text("secret", encoding="utf-8")
    place = stick / courier.UP / at
    place.rename(tmp_path / "moved")
    place.symlink_to(tmp_path / "outside" / at.partition("/")[2])
    taken = read(Stick(stick), fleet)
    assert b"secret" not in fleet.reports + fleet.batches
    assert taken.claims == 1


def test_a_link_in_place_of_the_answers_is_told_and_not_followed(
    stick: Path, fleet: PaperFleet, tmp_path: Path
) -> None:
    (tmp_path / "outside").mkdir()
    (stick / courier.DOWN).symlink_to(tmp_path / "outside")
    taken = read(Stick(stick), fleet)
    assert (taken.batches, len(taken.troubles)) == (11, 2)
    assert list((tmp_path / "outside").iterdir()) == []


@pytest.mark.parametrize("name", ["fifo.json", "1.json.part", "notes.txt", "0.json", "é.json"])
def test_other_names_among_the_batches_are_no_business_of_ours(
    stick: Path, fleet: PaperFleet, name: str
) -> None:
    os.mkfifo(stick / courier.up_path("qamdo-7", courier.BATCHES) / name)
    taken = read(Stick(stick), fleet)
    assert (taken.batches, taken.troubles) == (11, [])


@pytest.mark.parametrize("name", ["Qamdo", "..x", "a b", "x" * 65, ".hidden"])
def test_folders_that_are_no_nodes_are_passed_by(stick: Path, fleet: PaperFleet, name: str) -> None:
    (stick / courier.UP / name).mkdir()
    (stick / courier.UP / name / "claim.json").write_text("claim of nobody", encoding="utf-8")
    assert len(read(Stick(stick), fleet).nodes) == 2
    assert fleet.claims == [b"claim"]


def test_pulled_at_any_moment_what_was_taken_stays_and_the_next_time_completes_it(
    stick: Path, fleet: PaperFleet
) -> None:
    disk = Disk()
    read(Stick(stick, disk), PaperFleet(answers=fleet.answers))
    for path in (stick / courier.DOWN).rglob("*.json"):
        path.unlink()
    assert len(disk.calls) > 50
    for number in range(0, len(disk.calls), 3):
        mine = PaperFleet(answers=fleet.answers)
        with contextlib.suppress(SourceUnavailable, StorageFailed):  # or it was done before
            read(Stick(stick, pulled_after(number)), mine)
        taken = read(Stick(stick), mine)
        assert len(mine.batches) == 11
        assert not taken.troubles
        assert len(tree(stick / courier.DOWN)) == 2
        for path in (stick / courier.DOWN).rglob("*.json"):
            path.unlink()


def test_a_stick_that_cannot_be_written_to_is_read_all_the_same(
    stick: Path, fleet: PaperFleet
) -> None:
    taken = read(Stick(stick, failing("mkdir", errno.EROFS)), fleet)
    assert (taken.claims, taken.reports, taken.batches) == (1, 1, 11)
    assert len(taken.troubles) == 2


def test_a_route_names_nodes_line_by_line(tmp_path: Path) -> None:
    path = tmp_path / "route"
    path.write_text("\ufeff# Monday\nqamdo-7\n\n qamdo-8  # the school on the hill\nqamdo-7\n",
                    encoding="utf-8")  # fmt: skip
    assert read_route(path) == ["qamdo-7", "qamdo-8"]


@pytest.mark.parametrize("data", [b"", b"# nobody\n", b"Qamdo 7\n", b"\xff\xfe", b"x" * 2_000_000])
def test_a_route_that_says_nothing_of_use_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "route"
    path.write_bytes(data)
    with pytest.raises(UsageError):
        read_route(path)


def test_all_letters_are_taken_before_anything_is_answered(stick: Path) -> None:
    class Locked(PaperFleet):
        def down(self, node: str) -> Mapping[str, bytes]:
            raise KeyLocked(f"no passphrase to answer {node}")

    fleet = Locked()
    with pytest.raises(KeyLocked):
        read(Stick(stick), fleet)
    assert (len(fleet.claims), len(fleet.reports), len(fleet.batches)) == (1, 1, 11)
