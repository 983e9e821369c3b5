"""What goes onto a stick, in which order, and what stays behind; what courier.json says."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content_packs import courier, repository
from content_packs.courier import Courier, OnStick, Parcel, Room, Wanted
from content_packs.errors import InvalidContent
from content_packs.limits import COURIER_BYTES_MAX, COURIER_FILES_MAX, FAT_FILE_BYTES_MAX

METADATA = [
    Wanted(f"metadata/{name}.json", 500)
    for name in (
        "timestamp", "9.snapshot", "3.targets", "2.c-main", "4.status", "10.root", "9.root",
        "1.root",
    )
]  # fmt: skip
PLENTY = Room(1 << 40)
digests = st.binary(min_size=32, max_size=32).map(bytes.hex)


def parcel(name: str, *sizes: int) -> Parcel:
    return Parcel(name, tuple(Wanted(f"bundles/{name}-{n}.bundle", size)
                              for n, size in enumerate(sizes)))  # fmt: skip


def test_content_comes_before_metadata_and_the_timestamp_last_of_all() -> None:
    found = courier.plan([parcel("a", 5, 6)], METADATA, {}, PLENTY, reserve=0)
    assert [file.place for file in found.write] == [
        "bundles/a-0.bundle", "bundles/a-1.bundle", "metadata/1.root.json", "metadata/9.root.json",
        "metadata/10.root.json", "metadata/2.c-main.json", "metadata/4.status.json",
        "metadata/3.targets.json", "metadata/9.snapshot.json", "metadata/timestamp.json",
    ]  # fmt: skip


def test_what_is_there_is_not_written_again_but_the_timestamp_is() -> None:
    there = {file.place: file.size for file in METADATA} | {"bundles/a-0.bundle": 5}
    found = courier.plan([parcel("a", 5, 6)], METADATA, there, PLENTY, reserve=0)
    assert [file.place for file in found.write] == ["bundles/a-1.bundle", repository.TIMESTAMP]
    assert found.bytes_there == 5 + 500 * (len(METADATA) - 1)


def test_a_file_of_another_size_is_written_anew() -> None:
    found = courier.plan([parcel("a", 5)], [], {"bundles/a-0.bundle": 4}, PLENTY, reserve=0)
    assert [file.size for file in found.write] == [5]


def test_what_does_not_fit_stays_behind_whole_and_smaller_ones_after_it_go() -> None:
    room = Room(200_000, 1_000)
    parcels = [parcel("first", 50_000), parcel("large", 90_000, 90_000), parcel("small", 40_000)]
    found = courier.plan(parcels, METADATA, {}, room, reserve=10_000)
    assert [one.name for one in found.left_out] == ["large"]
    assert found.left_out[0] == courier.LeftOut("large", 180_000, "room")
    assert {file.place for file in found.write} >= {"bundles/first-0.bundle",
                                                    "bundles/small-0.bundle"}  # fmt: skip


def test_a_file_that_two_parcels_share_is_written_once() -> None:
    shared = Wanted("bundles/shared.bundle", 60_000)
    parcels = [Parcel("a", (shared,)), Parcel("b", (shared, Wanted("bundles/b.bundle", 10)))]
    found = courier.plan(parcels, [], {}, Room(80_000, 1_000), reserve=0)
    assert [file.place for file in found.write] == ["bundles/shared.bundle", "bundles/b.bundle"]
    assert not found.left_out


def test_without_room_for_the_metadata_nothing_goes() -> None:
    found = courier.plan([parcel("a", 5)], METADATA, {}, Room(9_000, 1_000), reserve=2_000)
    assert (found.write, found.missing_room) == ((), 16_000 + 2_000 - 9_000)


def test_a_file_that_fat_cannot_hold_stays_behind_and_says_why() -> None:
    room = Room(1 << 40, 32_768, FAT_FILE_BYTES_MAX)
    parcels = [parcel("fits", FAT_FILE_BYTES_MAX), parcel("huge", FAT_FILE_BYTES_MAX + 1)]
    found = courier.plan(parcels, [], {}, room, reserve=0)
    assert [(one.name, one.why) for one in found.left_out] == [("huge", "file-too-large")]


sizes = st.integers(0, 50_000)


@given(st.lists(st.lists(sizes, max_size=4), max_size=8), st.integers(0, 400_000),
       st.sampled_from([512, 4_096, 32_768]), st.randoms())  # fmt: skip
def test_whatever_is_planned_fits_and_is_whole(
    parcels: list[list[int]], free: int, block: int, chance: st.randoms
) -> None:
    made = [parcel(f"p{n}", *found) for n, found in enumerate(parcels)]
    files = [file for one in made for file in one.files] + METADATA
    there = {file.place: file.size for file in files if chance.random() < 0.3}
    room = Room(free, block)
    found = courier.plan(made, METADATA, there, room, reserve=1_000)
    assert sum(room.taken_by(file.size) for file in found.write) + 1_000 <= free or (
        found.missing_room and not found.write
    )
    after = {file.place for file in found.write} | there.keys()
    behind = {one.name for one in found.left_out}
    for one in made if not found.missing_room else []:
        assert (one.name in behind) or {file.place for file in one.files} <= after


def test_names_that_a_stick_can_hold() -> None:
    longest = repository.delta_path("a" * 64, "b" * 64, "c" * 64)
    assert len(longest.rsplit("/", 1)[-1]) + len(".part") == 140
    assert longest == longest.lower()


@pytest.mark.parametrize(
    ("name", "sequence"),
    [("1.json", 1), ("17.json", 17), ("01.json", None), ("0.json", None), ("x.json", None),
     ("1", None), ("1.json.part", None), ("９.json", None), ("9" * 30 + ".json", None)],
)  # fmt: skip
def test_batches_are_named_by_their_sequence(name: str, sequence: int | None) -> None:
    assert courier.sequence_of(name) == sequence


on_stick = st.builds(
    OnStick, path=st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), max_size=40),
    size=st.integers(0, 1 << 40), digest=digests,
)  # fmt: skip


@given(st.lists(on_stick, max_size=5), st.booleans())
def test_what_courier_json_says_is_read_as_it_was_written(
    files: list[OnStick], whole: bool
) -> None:
    said = Courier(by="hub", written_at=datetime(2026, 1, 2, tzinfo=UTC), nodes=("qamdo-7",))
    said = courier.with_files(said, files, whole=whole)
    assert courier.decode(courier.encode(said)) == said


@given(st.binary(max_size=200))
def test_a_damaged_courier_json_is_refused_and_nothing_else(data: bytes) -> None:
    with pytest.raises(InvalidContent):
        courier.decode(data)


def test_the_largest_courier_json_is_within_its_bound() -> None:
    file = OnStick(path=repository.delta_path("a" * 64, "b" * 64, "c" * 64), size=1 << 40,
                   digest="d" * 64)  # fmt: skip
    data = courier.encode(courier.with_files(Courier(), [file] * (COURIER_FILES_MAX + 5),
                                             whole=True))  # fmt: skip
    assert len(data) < COURIER_BYTES_MAX
    assert len(courier.decode(data).files) == COURIER_FILES_MAX


def test_what_was_written_before_counts_only_where_it_still_has_its_size() -> None:
    files = [OnStick(path=name, size=5, digest="a" * 64) for name in ("same", "other", "gone")]
    said = courier.with_files(Courier(), files, whole=False)
    assert set(courier.remembered(said, sizes={"same": 5, "other": 6})) == {"same"}
