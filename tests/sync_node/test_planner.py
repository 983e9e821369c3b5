"""What is fetched, by which way and in which order: pure, so that it can be shown on paper."""

import random
import time

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from content_packs.layout import STORED, Block, BundleReference, Layout
from content_packs.manifest import Chunk, File, Manifest
from content_packs.offers import Offer
from sync_node.delta_facts import DeltaFacts, Group, Large, Literals
from sync_node.plan_model import (
    BlockKey,
    GroupKey,
    LiteralKey,
    Plan,
    PlannedStep,
    Unit,
    UnknownPack,
)
from sync_node.planner import PackState, plan
from tests.support.packs import describe, lesson

DELTA = "deltas/demo/old-new.delta"


def manifest_of(*lessons: str, cover: str = "", large: str = "") -> Manifest:
    """A manifest whose every file is one chunk, named by its path, but `large`, which has four."""
    made = tuple(lesson(name, video_bytes=1) for name in lessons)
    paths = {p for one in made for p in one.required_paths() | one.finer_paths()} | {"extra.css"}
    if cover:
        paths.add(cover)
    return msgspec.structs.replace(
        describe(made), files=tuple(file_at(path, large) for path in sorted(paths)), cover=cover
    )


def file_at(path: str, large: str = "") -> File:
    kinds = {"mp4": "video/mp4", "m4a": "audio/mp4", "png": "image/png", "css": "text/css"}
    media_type = kinds.get(path.rsplit(".", 1)[-1], "text/html")
    chunks = tuple(Chunk(f"chunk {n} of {path}", 25) for n in range(4)) if path == large else ()
    return File(path, 100, f"digest of {path}", media_type, chunks)


def layout_of(manifest: Manifest, order: list[int] | None = None, stored: int = 50) -> Layout:
    """A layout with a block for each chunk, side by side in one bundle, in this order."""
    numbers = order if order is not None else list(range(len(manifest.chunk_table)))
    blocks = [
        Block(0, 16 + stored * at, stored, 100, STORED, (number,))
        for at, number in enumerate(numbers)
    ]
    return Layout(1, "", (BundleReference("ab" * 32, 10**9),), tuple(blocks))


def offer_of(pack: str = "demo", needed_by: str = "") -> Offer:
    return Offer(pack, 2, "aa" * 32, 10, "bb" * 32, 20, 1_000, needed_by=needed_by)


def state(manifest: Manifest, **options: object) -> PackState:
    given = {"held": set(), "layout": layout_of(manifest), **options}
    return PackState(offer_of(manifest.pack), manifest, **given)  # type: ignore[arg-type]


def units_of(made: Plan) -> list[Unit]:
    return [unit for step in made.steps for unit in step.units]


def everything(manifest: Manifest) -> set[str]:
    return {file.digest for file in manifest.files}


def all_but(manifest: Manifest, *paths: str) -> set[str]:
    return everything(manifest) - {f"digest of {path}" for path in paths}


def step_at(made: Plan, lesson_id: str, kind: str) -> PlannedStep:
    return next(s for s in made.steps if (s.lesson, s.kind, s.finer) == (lesson_id, kind, False))


def test_lessons_come_in_teaching_order_and_texts_before_films() -> None:
    manifest = manifest_of("zebra", "ant", cover="cover.png")
    made = plan([state(manifest)])
    first = [(step.lesson, step.kind) for step in made.steps if step.lesson and not step.finer]
    kinds = ["text", "other", "video"]
    assert first == [(name, kind) for name in ("zebra", "ant") for kind in kinds]
    assert "digest of cover.png" in made.steps[0].files, "the first lesson shows it"


def test_a_lesson_opens_with_the_last_that_it_needs() -> None:
    manifest = manifest_of("one", "two")
    made = plan([state(manifest)])
    assert [(s.lesson, s.kind) for s in made.steps if s.opens] == [
        ("one", "video"), ("two", "video"),
    ]  # fmt: skip
    held = all_but(manifest, "one/picture.png")
    assert [(s.lesson, s.opens) for s in plan([state(manifest, held=held)]).steps] == [
        ("one", True)
    ]


def test_what_no_lesson_names_comes_then_and_finer_renditions_last() -> None:
    made = plan([state(manifest_of("one", "two"))])
    later = made.steps[-3:]
    assert [(s.lesson, s.finer, s.rendition, s.opens) for s in later] == [
        ("", False, "", False), ("one", True, "480p", False), ("two", True, "480p", False),
    ]  # fmt: skip


def test_what_is_needed_soonest_comes_first_and_finer_renditions_of_all_last() -> None:
    late, soon = manifest_of("one"), msgspec.structs.replace(manifest_of("one"), pack="soon")
    packs = [
        state(late),
        PackState(offer_of("soon", "2026-09-01T00:00:00Z"), soon, set(), layout=layout_of(soon)),
    ]  # fmt: skip
    made = plan(packs)
    order = list(dict.fromkeys((step.pack, step.finer) for step in made.steps))
    assert order == [("soon", False), ("demo", False), ("soon", True), ("demo", True)]
    assert "needed by 2026-09-01" in made.steps[0].why


def test_no_lesson_waits_for_what_comes_late_for_another_pack() -> None:
    """One pack has a film as its finer rendition, and another has nothing lighter."""
    finer = manifest_of("one")
    film = finer.by_path["one/clip.480p.mp4"]
    other = manifest_of("two")
    files = [f if f.path != "two/clip.240p.mp4" else renamed(film, f.path) for f in other.files]
    needing = msgspec.structs.replace(other, pack="other", files=tuple(files))
    for states in ([state(finer), state(needing)], [state(needing), state(finer)]):
        made = plan(states)
        opening = next(step for step in made.steps if step.pack == "other" and step.opens)
        before = made.steps[: made.steps.index(opening) + 1]
        assert any(film.digest in step.files and step.units and not step.finer for step in before)
    assert not any(step.units for step in made.steps if step.finer and film.digest in step.files)


def renamed(file: File, path: str) -> File:
    return msgspec.structs.replace(file, path=path)


def test_the_plan_is_a_partition_of_what_is_missing() -> None:
    manifest = manifest_of("one", "two")
    made = plan([state(manifest)])
    units = units_of(made)
    assert sorted(unit.key.number for unit in units) == list(range(len(manifest.chunk_table)))
    assert made.size == 50 * len(units)
    files = [digest for step in made.steps for digest in step.files]
    assert sorted(files) == sorted(everything(manifest))
    assert made.room == 100 * len(files)


def test_what_is_here_isnt_planned() -> None:
    manifest = manifest_of("one", "two", large="two/clip.240p.mp4")
    assert plan([state(manifest, held=everything(manifest))]).steps == ()
    held = all_but(manifest, "two/clip.240p.mp4", "two/picture.png")
    here = {"chunk 1 of two/clip.240p.mp4", "digest of two/picture.png"}
    made = plan([state(manifest, held=held, here=here)])
    table = [chunk.digest for chunk in manifest.chunk_table]
    found = {table[unit.key.number] for unit in units_of(made)}
    assert found == {f"chunk {n} of two/clip.240p.mp4" for n in (0, 2, 3)}
    assert [(s.kind, s.size) for s in made.steps] == [("other", 0), ("video", 150)]
    assert made.steps[0].why.endswith(
        "all of it is on this node, or comes with what is fetched before"
    )


def test_what_a_part_takes_on_the_disk_isnt_counted_again() -> None:
    manifest = manifest_of("one", large="one/clip.240p.mp4")
    held = all_but(manifest, "one/clip.240p.mp4")
    taken = {"digest of one/clip.240p.mp4": 60}
    assert plan([state(manifest, held=held, room_taken=taken)]).room == 40


def test_neighbours_are_one_request() -> None:
    manifest = manifest_of("one")
    assert plan([state(manifest)]).round_trips <= 4
    held = all_but(manifest, "one/picture.png")
    assert plan([state(manifest, held=held)]).round_trips == 1


def test_blocks_that_two_lessons_share_are_fetched_for_the_first() -> None:
    manifest = manifest_of("one", "two")
    shared = Block(0, 16, 90, 200, STORED, tuple(range(len(manifest.chunk_table))))
    layout = Layout(1, "", (BundleReference("ab" * 32, 10**6),), (shared,))
    made = plan([state(manifest, layout=layout)])
    assert [step.size for step in made.steps if step.size] == [90]
    assert step_at(made, "two", "video").opens


def delta_of(
    manifest: Manifest, *, stored: int = 10, needs: str = "old", here: int = 0
) -> DeltaFacts:
    """A delta of one group that makes all files of one chunk."""
    small = tuple(file.digest for file in manifest.files if not file.chunks)
    return DeltaFacts(DELTA, 1, here, [Group(0, 1_000, stored, small, (needs,))])


def test_a_delta_is_taken_where_its_old_files_are_held_and_it_is_cheaper() -> None:
    manifest = manifest_of("one", "two")
    made = plan([state(manifest, held={"old"}, delta=delta_of(manifest))])
    assert units_of(made) == [Unit(DELTA, 1_000, 10, GroupKey("demo", 0))]
    assert "10 bytes as what changed since version 1" in made.steps[0].why
    without = plan([state(manifest, delta=delta_of(manifest))])
    assert {type(unit.key) for unit in units_of(without)} == {BlockKey}, "an old file is missing"
    dear = plan([state(manifest, held={"old"}, delta=delta_of(manifest, stored=10**6))])
    assert {type(unit.key) for unit in units_of(dear)} == {BlockKey}
    one = {"old"} | all_but(manifest, "one/picture.png")
    part = plan([state(manifest, held=one, delta=delta_of(manifest, stored=60))])
    assert {type(unit.key) for unit in units_of(part)} == {BlockKey}, "one file of many"


def test_what_has_come_of_a_delta_costs_nothing() -> None:
    manifest = manifest_of("one")
    made = plan([state(manifest, held={"old"}, delta=delta_of(manifest, stored=10**6, here=10**7))])
    assert made.size == 0
    assert any(step.opens for step in made.steps)


def test_a_delta_that_covers_all_spares_the_layout() -> None:
    manifest = manifest_of("one")
    whole = plan([state(manifest, held={"old"}, delta=delta_of(manifest), layout=None)])
    assert whole.unknown == ()
    partly = plan([state(manifest, delta=delta_of(manifest), layout=None)])
    assert [each.pack for each in partly.unknown] == ["demo"]
    assert partly.unknown[0].documents_size == 20
    assert not any(step.opens for step in partly.steps)
    named = DeltaFacts(DELTA, 1, 0, layout=layout_of(manifest))
    made = plan([state(manifest, delta=named, layout=None)])
    assert made.unknown == ()
    assert all(unit.key.by_delta for unit in units_of(made))


def large_delta(path: str) -> DeltaFacts:
    """Chunk 0 is copied, 1 takes literals 0, 2 both groups, 3 literals 1."""
    literals = [Literals(0, 500, 5), Literals(1, 505, 7)]
    large = Large(0, f"digest of {path}", ("old",), literals, [(), (0,), (0, 1), (1,)])
    return DeltaFacts(DELTA, 1, 0, large=[large])


def test_of_a_large_file_only_the_literals_of_missing_chunks_are_fetched() -> None:
    path = "one/clip.240p.mp4"
    manifest = manifest_of("one", large=path)
    held = {"old"} | all_but(manifest, path)
    delta = large_delta(path)
    made = plan([state(manifest, held=held, delta=delta)])
    first, second = LiteralKey("demo", 0, 0), LiteralKey("demo", 0, 1)
    assert units_of(made) == [Unit(DELTA, 500, 5, first), Unit(DELTA, 505, 7, second)]
    here = {f"chunk {n} of {path}" for n in (1, 2)}
    made = plan([state(manifest, held=held, delta=delta, here=here)])
    assert units_of(made) == [Unit(DELTA, 505, 7, second)]


def test_what_turned_out_bad_is_done_without() -> None:
    path = "one/clip.240p.mp4"
    manifest = manifest_of("one", large=path)
    held = {"old"} | all_but(manifest, path)
    delta = large_delta(path)
    wrong = frozenset({LiteralKey("demo", 0, 0), f"chunk 0 of {path}"})
    made = plan([state(manifest, held=held, delta=delta, wrong=wrong)])
    ways = [type(unit.key) for unit in units_of(made)]
    assert sorted(way.__name__ for way in ways) == ["BlockKey"] * 3 + ["LiteralKey"]
    small = plan(
        [state(manifest_of("one"), held={"old"}, delta=delta_of(manifest_of("one")),
               wrong=frozenset({GroupKey("demo", 0)}))]
    )  # fmt: skip
    assert {type(unit.key) for unit in units_of(small)} == {BlockKey}
    number = manifest.number_of_chunk[f"chunk 2 of {path}"]
    lost = plan([state(manifest, held=held - {"old"}, wrong=frozenset({BlockKey("demo", number)}))])
    assert len(units_of(lost)) == 3
    assert "can't be had yet" in lost.steps[0].why
    assert not lost.steps[0].opens


def test_what_isnt_known_yet_is_said() -> None:
    unknown = UnknownPack("other", 1, 30, 1_000, "", "its manifest isn't here")
    assert plan([], [unknown]) == Plan((), (unknown,))


@given(st.permutations(range(12)), st.sets(st.integers(0, 11)))
def test_any_order_in_a_bundle_and_any_holdings_are_covered_exactly(
    order: list[int], missing: set[int]
) -> None:
    manifest = manifest_of("one", "two")
    count = len(manifest.files)
    layout = layout_of(manifest, [number for number in order if number < count])
    layout = layout if len(layout.blocks) == count else layout_of(manifest)
    wanted = {manifest.files[i].digest for i in missing if i < count}
    made = plan([state(manifest, held=everything(manifest) - wanted, layout=layout)])
    table = manifest.chunk_table
    got = [table[layout.blocks[unit.key.number].chunks[0]].digest for unit in units_of(made)]
    assert sorted(got) == sorted(wanted)


@given(st.integers(0, 2**32), st.integers(1, 200))
def test_a_delta_never_costs_more_than_blocks_alone(seed: int, stored: int) -> None:
    dice = random.Random(seed)
    manifest = manifest_of("one", "two")
    held = {file.digest for file in manifest.files if dice.random() < 0.5}
    small = [file.digest for file in manifest.files]
    dice.shuffle(small)
    groups = [Group(n, 100 * n, stored, tuple(small[n::3]), ("old",)) for n in range(3)]
    with_delta = state(manifest, held=held | {"old"}, delta=DeltaFacts(DELTA, 1, 0, groups))
    best, plain = plan([with_delta], request_bytes=0), plan([state(manifest, held=held)])
    assert best.size <= plain.size


@pytest.mark.long
def test_100_000_small_pictures_are_planned_in_no_time() -> None:
    files = tuple(
        File(f"{n:06}.png", 100, f"digest of {n:06}.png", "image/png") for n in range(100_000)
    )
    manifest = msgspec.structs.replace(describe(()), files=files)
    layout = layout_of(manifest)
    started = time.process_time()
    made = plan([state(manifest, layout=layout)])
    assert time.process_time() - started < 10, "a minute where each looks at those before it"
    assert made.size == 5_000_000
