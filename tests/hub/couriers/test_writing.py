"""A stick that the hub wrote is a repository as good as the hub's, whatever happened on the way."""

import errno
import shutil
from collections.abc import Mapping
from pathlib import Path

import msgspec
import pytest

from content_packs import courier, repository
from content_packs.courier import CourierPlan
from content_packs.digests import digest_of
from content_packs.errors import (
    InvalidContent,
    KeyLocked,
    Refused,
    SatchelError,
    StorageFailed,
)
from content_packs.reports import PackReadiness
from content_packs.stick import Stick
from hub import delta_files
from hub.couriers.contents import School
from hub.couriers.writing import Written, write
from hub.deltas import needed_first
from hub.errors import Damaged
from hub.hub import Hub, open_hub
from hub.initialising import initialise
from hub.publishing import publish
from hub.releasing import Terms, release
from tests.hub.clients import Client, MovableClock, tree
from tests.support.couriers import PaperFleet
from tests.support.protocol import a_report
from tests.support.sticks import Disk, failing, pulled_after


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    folder = tmp_path / "stick"
    folder.mkdir()
    return folder


def run(
    hub: Hub, stick: Path, *schools: School, disk: Disk | None = None, **options: object
) -> Written:
    on = Stick(stick, disk) if disk else Stick(stick)
    fleet = options.pop("fleet", PaperFleet())
    return write(hub, on, schools, fleet, **options)  # type: ignore[arg-type]


def client(hub: Hub, stick: Path, folder: Path) -> Client:
    root = (hub.data.metadata / "1.root.json").read_bytes()
    return Client(stick / courier.REPOSITORY, folder, root, now=hub.clock())


def school(version: int | None, *, whole: bool = True, node: str = "qamdo-7") -> School:
    pack = PackReadiness(
        pack="demo", channel="main", version=version, lessons_ready=2, lessons_total=2,
        bytes_to_come=0 if whole else 500,
    )  # fmt: skip
    return School(node, ("main",), msgspec.structs.replace(a_report(), packs=(pack,)))


def test_a_stick_for_any_school_has_all_that_is_offered(
    filled: Hub, stick: Path, tmp_path: Path
) -> None:
    written = run(filled, stick)
    seen = client(filled, stick, tmp_path / "client")
    [offer] = seen.offers()
    assert offer.version == 1
    assert len(seen.files(offer)) == 10
    on_stick = tree(stick / courier.REPOSITORY)
    assert all(repository.is_place(place) for place in on_stick)
    assert {place: (filled.data.repository / place).read_bytes() for place in on_stick} == on_stick
    assert written.size == sum(len(data) for data in on_stick.values())


def test_the_plan_is_told_before_anything_is_written(filled: Hub, stick: Path) -> None:
    seen: list[tuple[CourierPlan, list[Path]]] = []
    run(filled, stick, announce=lambda plan: seen.append((plan, [*stick.iterdir()])))
    [(plan, there)] = seen
    assert there == []
    assert plan.write[-1].place == repository.TIMESTAMP
    assert plan.bytes_to_write > 600_000


def test_a_second_run_writes_the_timestamp_alone(filled: Hub, stick: Path) -> None:
    first = run(filled, stick)
    again = run(filled, stick)
    assert again.files == 1
    assert again.there + again.size == first.size


def test_a_school_that_holds_the_version_before_gets_what_is_new_and_the_delta(
    filled: Hub, stick: Path
) -> None:
    from_offered = needed_first(filled, "demo", 2)
    assert from_offered
    delta_files.make(filled, from_offered)
    release(filled, "demo", 2, "main", Terms())
    all_of_it = run(filled, stick)
    other = stick.with_name("other")
    other.mkdir()
    small = run(filled, other, school(1))
    assert small.size < all_of_it.size / 10
    found = tree(other / courier.REPOSITORY)
    assert [place for place in found if place.startswith("deltas/")]
    assert not [place for place in tree(stick) if "deltas/" in place]


def test_a_school_that_has_it_gets_metadata_alone(filled: Hub, stick: Path) -> None:
    run(filled, stick, school(1))
    found = tree(stick / courier.REPOSITORY)
    assert all(place.startswith(("metadata/", "status/")) for place in found)


@pytest.mark.parametrize(
    "of",
    [School("new"), School("new", ("main",), a_report()), school(1, whole=False), school(None),
     school(99)],
)  # fmt: skip
def test_a_school_of_which_too_little_is_known_gets_all(
    filled: Hub, stick: Path, of: School, tmp_path: Path
) -> None:
    run(filled, stick, of)
    seen = client(filled, stick, tmp_path / "client")
    assert len(seen.files(seen.offers()[0])) == 10


def test_one_stick_serves_schools_that_hold_different_things(
    filled: Hub, stick: Path, tmp_path: Path
) -> None:
    run(filled, stick, school(1), School("new-school"))
    seen = client(filled, stick, tmp_path / "client")
    assert len(seen.files(seen.offers()[0])) == 10


def test_a_channel_that_no_school_follows_stays_at_home(filled: Hub, stick: Path) -> None:
    run(filled, stick, School("elsewhere", ("other",)))
    assert not [place for place in tree(stick) if "bundles/" in place]


def test_a_pack_that_no_school_is_to_hold_stays_at_home(filled: Hub, stick: Path) -> None:
    run(filled, stick, School("qamdo-7", packs=("other",)))
    assert not [place for place in tree(stick) if "bundles/" in place]
    run(filled, stick, School("qamdo-7", packs=("other",)), School("qamdo-8", packs=("demo",)))
    assert [place for place in tree(stick) if "bundles/" in place]


def test_documents_for_each_node_come_along(filled: Hub, stick: Path) -> None:
    fleet = PaperFleet(answers={"qamdo-7": {"receipt": b"r", "credential": b"c", "odd": b"x"}})
    written = run(filled, stick, school(1), fleet=fleet)
    assert tree(stick / courier.DOWN) == {
        "qamdo-7/credential.json": b"c",
        "qamdo-7/receipt.json": b"r",
    }
    assert (written.documents, written.not_enrolled) == (2, ())
    assert run(filled, stick, school(1), fleet=fleet).documents == 0


def test_the_credential_lies_under_the_keyid_too(filled: Hub, stick: Path) -> None:
    keyid = "ab" * 32
    fleet = PaperFleet(answers={"qamdo-7": {"credential": b"c"}, keyid: {"credential": b"c"}})
    run(filled, stick, School("qamdo-7", keyid=keyid), School("qamdo-8"), fleet=fleet)
    assert set(tree(stick / courier.DOWN)) == {
        "qamdo-7/credential.json", f"{keyid}/credential.json",
    }  # fmt: skip
    assert run(filled, stick, School("qamdo-8"), fleet=fleet).not_enrolled == ("qamdo-8",)


def test_courier_json_says_what_it_is(filled: Hub, stick: Path) -> None:
    run(filled, stick, school(1))
    said = courier.decode((stick / courier.MARK).read_bytes())
    assert (said.by, said.nodes, said.whole) == ("Satchel hub", ("qamdo-7",), True)
    for file in said.files:
        assert digest_of((stick / courier.REPOSITORY / file.path).read_bytes()) == file.digest


def test_a_newer_edition_goes_onto_an_older_stick(filled: Hub, stick: Path, tmp_path: Path) -> None:
    run(filled, stick)
    release(filled, "demo", 2, "main", Terms())
    written = run(filled, stick)
    assert written.there > written.size, "what the versions share isn't written again"
    seen = client(filled, stick, tmp_path / "client")
    [offer] = seen.offers()
    assert (offer.version, len(seen.files(offer))) == (2, 10)


def test_another_hubs_stick_is_left_alone(
    filled: Hub, stick: Path, tmp_path: Path, clock: MovableClock, cpacks: dict[str, Path]
) -> None:
    initialise(tmp_path / "foreign", "main", clock)
    foreign = open_hub(tmp_path / "foreign", clock)
    publish(foreign, cpacks["1"])
    run(foreign, stick)
    before = tree(stick)
    with pytest.raises(Refused, match="another hub"):
        run(filled, stick)
    assert tree(stick) == before


@pytest.mark.parametrize("rotten", ["bundles", "manifests", "layouts", "metadata"])
def test_what_rotted_on_the_stick_is_written_anew(filled: Hub, stick: Path, rotten: str) -> None:
    run(filled, stick)
    good = tree(stick / courier.REPOSITORY)
    for path in (stick / courier.REPOSITORY / rotten).rglob("*"):
        if path.is_file() and path.name != "1.root.json":
            path.write_bytes(bytes(path.stat().st_size))
    run(filled, stick, thorough=True)
    assert tree(stick / courier.REPOSITORY) == good


def test_without_courier_json_all_is_compared_and_nothing_written_twice(
    filled: Hub, stick: Path
) -> None:
    run(filled, stick)
    (stick / courier.MARK).write_bytes(b"{ damaged")
    [bundle] = (stick / courier.REPOSITORY / "bundles").iterdir()
    bundle.write_bytes(bytes(bundle.stat().st_size))
    assert run(filled, stick).files == 2, "the bundle and the timestamp"
    assert digest_of(bundle.read_bytes()) == bundle.stem


def test_a_cut_off_file_is_written_anew(filled: Hub, stick: Path) -> None:
    run(filled, stick)
    [bundle] = (stick / courier.REPOSITORY / "bundles").iterdir()
    bundle.write_bytes(bundle.read_bytes()[:1_000])
    run(filled, stick)
    assert digest_of(bundle.read_bytes()) == bundle.stem


def test_a_bundle_that_rotted_in_the_hub_gets_onto_no_stick(filled: Hub, stick: Path) -> None:
    for path in (filled.data.repository / "bundles").iterdir():
        path.write_bytes(bytes(path.stat().st_size))
    with pytest.raises(Damaged, match="expected digest"):
        run(filled, stick)
    assert not list((stick / courier.REPOSITORY / "bundles").iterdir())


@pytest.mark.parametrize("kind", ["bundles", "manifests", "layouts"])
def test_what_the_hub_lost_is_said_before_anything_is_written(
    filled: Hub, stick: Path, kind: str
) -> None:
    for path in (filled.data.repository / kind).rglob("*"):
        if path.is_file():
            path.rename(path.with_name("lost"))
    with pytest.raises(Damaged):
        run(filled, stick)
    assert list(stick.iterdir()) == []


def test_pulled_at_any_moment_it_holds_the_old_edition_and_a_second_run_goes_on(
    filled: Hub, stick: Path, tmp_path: Path
) -> None:
    run(filled, stick)
    release(filled, "demo", 2, "main", Terms())
    older = tmp_path / "older"
    stick.rename(older)
    good = tmp_path / "good"
    run(filled, _copy(older, good))
    wanted = tree(good / courier.REPOSITORY)
    disk = Disk()
    run(filled, _copy(older, tmp_path / "counted"), disk=disk)
    step = max(len(disk.calls) // 40, 1)
    for number in range(1, len(disk.calls), step):
        pulled = _copy(older, tmp_path / f"pulled-{number}")
        with pytest.raises(SatchelError):
            run(filled, pulled, disk=pulled_after(number))
        seen = client(filled, pulled, tmp_path / f"client-{number}")
        [offer] = seen.offers()
        assert offer.version in {1, 2}
        assert len(seen.files(offer)) == 10, f"pulled after {number} calls"
        run(filled, pulled)
        assert tree(pulled / courier.REPOSITORY) == wanted


def _copy(folder: Path, to: Path) -> Path:
    return Path(shutil.copytree(folder, to))


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS, errno.EIO, errno.EFBIG])
def test_a_disk_that_cannot_be_written_is_said(filled: Hub, stick: Path, code: int) -> None:
    with pytest.raises(StorageFailed):
        run(filled, stick, disk=failing("write", code))
    assert not (stick / courier.REPOSITORY / repository.TIMESTAMP).exists()


def test_a_link_in_place_of_the_folder_is_not_followed(
    filled: Hub, stick: Path, tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (stick / courier.FOLDER).symlink_to(outside)
    with pytest.raises(InvalidContent, match="in the way"):
        run(filled, stick)
    assert list(outside.iterdir()) == []


def test_a_pack_that_does_not_fit_stays_behind_and_the_rest_is_good(
    filled: Hub, stick: Path, tmp_path: Path
) -> None:
    class Small(Stick):
        def room(self) -> courier.Room:
            return courier.Room(700_000, 4_096)

    written = write(filled, Small(stick), [], PaperFleet())
    assert [one.name for one in written.left_out] == ["demo 1"]
    assert not courier.decode((stick / courier.MARK).read_bytes()).whole
    assert client(filled, stick, tmp_path / "client").status() == []
    assert write(filled, Stick(stick), [], PaperFleet()).left_out == ()


def test_without_room_for_the_metadata_the_stick_is_left_as_it_was(
    filled: Hub, stick: Path
) -> None:
    class Full(Stick):
        def room(self) -> courier.Room:
            return courier.Room(10_000, 4_096)

    with pytest.raises(StorageFailed, match="lacks"):
        write(filled, Full(stick), [], PaperFleet())
    assert list(stick.iterdir()) == []


def test_a_key_that_cannot_sign_is_said_before_anything_is_written(
    filled: Hub, stick: Path
) -> None:
    class Locked(PaperFleet):
        def down(self, node: str) -> Mapping[str, bytes]:
            raise KeyLocked(f"no passphrase to say anything to {node}")

    with pytest.raises(KeyLocked):
        run(filled, stick, School("qamdo-7"), fleet=Locked())
    assert list(stick.iterdir()) == []
