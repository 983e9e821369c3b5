"""What is fetched, and in which order: pure, so that it can be shown on paper."""

import time

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from content_packs.layout import STORED, Block, BundleReference, Layout
from content_packs.manifest import File, Manifest
from sync_node.limits import RANGE_BYTES_MAX
from sync_node.planner import (
    later_steps,
    missing_files,
    plan,
    required_steps,
    steps_that_fit,
)
from tests.support.packs import describe, lesson


def manifest_of(*lessons: str, sizes: dict[str, int] | None = None, cover: str = "") -> Manifest:
    """A manifest whose every file is one chunk, named by its path."""
    made = tuple(lesson(name, video_bytes=1) for name in lessons)
    paths = {p for one in made for p in one.required_paths() | one.finer_paths()} | {"extra.css"}
    if cover:
        paths.add(cover)
    files = tuple(
        File(path, (sizes or {}).get(path, 100), f"digest of {path}", "x/x")
        for path in sorted(paths)
    )
    return msgspec.structs.replace(describe(made), files=files, cover=cover)


def layout_of(manifest: Manifest, order: list[str], stored: int = 50) -> Layout:
    """A layout with a block for each file, side by side in one bundle, in this order."""
    numbers = manifest.number_of_chunk
    blocks = [
        Block(0, 16 + stored * i, stored, 100, STORED, (numbers[f"digest of {path}"],))
        for i, path in enumerate(order)
    ]
    return Layout(1, "", (BundleReference("ab" * 32, 10**6),), tuple(blocks))


def all_missing(manifest: Manifest) -> set[str]:
    return {chunk.digest for chunk in manifest.chunk_table}


def test_lessons_come_in_teaching_order_with_the_cover_first() -> None:
    manifest = manifest_of("zebra", "ant", cover="cover.png")
    steps = required_steps(manifest)
    assert [step.lesson for step in steps] == ["zebra", "ant"]
    assert "cover.png" in {file.path for file in steps[0].files}


def test_finer_renditions_of_all_lessons_come_last() -> None:
    manifest = manifest_of("one", "two")
    required = {file.path for step in required_steps(manifest) for file in step.files}
    assert "one/clip.240p.mp4" in required
    assert "one/clip.480p.mp4" not in required
    later = later_steps(manifest)
    assert [step.lesson for step in later] == ["", "one", "two"]
    assert [file.path for file in later[0].files] == ["extra.css"]
    assert [file.path for file in later[1].files] == ["one/clip.480p.mp4"]


def test_the_plan_is_a_partition_of_what_is_missing() -> None:
    manifest = manifest_of("one", "two")
    layout = layout_of(manifest, [file.path for file in manifest.files])
    steps = [*required_steps(manifest), *later_steps(manifest)]
    made = plan(manifest, layout, steps, all_missing(manifest))
    blocks = [number for span in made.ranges for number in span.blocks]
    assert sorted(blocks) == list(range(len(layout.blocks)))
    assert made.bytes_to_come == 50 * len(layout.blocks)
    assert sum(made.bytes_by_lesson.values()) == made.bytes_to_come
    assert made.bytes_by_lesson["one"] == made.bytes_by_lesson["two"] == 50 * 5


def test_what_is_here_isnt_planned() -> None:
    manifest = manifest_of("one", "two")
    layout = layout_of(manifest, [file.path for file in manifest.files])
    assert plan(manifest, layout, required_steps(manifest), set()).ranges == ()
    only = {"digest of two/picture.png"}
    made = plan(manifest, layout, required_steps(manifest), only)
    assert [len(span.blocks) for span in made.ranges] == [1]
    assert made.bytes_by_lesson == {"one": 0, "two": 50}


def test_blocks_side_by_side_are_one_request() -> None:
    manifest = manifest_of("one")
    order = sorted(file.path for step in required_steps(manifest) for file in step.files)
    rest = [file.path for file in manifest.files if file.path not in order]
    layout = layout_of(manifest, [*order, *rest])
    made = plan(manifest, layout, required_steps(manifest), all_missing(manifest))
    assert [(span.first, span.length) for span in made.ranges] == [(16, 50 * len(order))]


def test_100_000_small_pictures_are_planned_in_no_time() -> None:
    files = tuple(File(f"{n:06}.png", 100, f"digest of {n:06}.png", "x/x") for n in range(100_000))
    manifest = msgspec.structs.replace(describe(()), files=files)
    layout = layout_of(manifest, [file.path for file in files])
    started = time.process_time()
    made = plan(manifest, layout, later_steps(manifest), all_missing(manifest))
    assert time.process_time() - started < 10, "a minute where each block copied those before it"
    assert [each.length for each in made.ranges] == [5_000_000]


def test_a_request_is_bounded() -> None:
    manifest = manifest_of("one", "two")
    stored = RANGE_BYTES_MAX // 3 + 1
    layout = layout_of(manifest, [file.path for file in manifest.files], stored=stored)
    steps = [*required_steps(manifest), *later_steps(manifest)]
    made = plan(manifest, layout, steps, all_missing(manifest))
    assert all(span.length <= RANGE_BYTES_MAX for span in made.ranges)
    assert max(len(span.blocks) for span in made.ranges) == 2


@given(st.permutations(range(11)), st.sets(st.integers(0, 10)))
def test_any_order_in_a_bundle_and_any_holdings_are_covered_exactly(
    order: list[int], missing: set[int]
) -> None:
    manifest = manifest_of("one", "two")
    paths = [file.path for file in manifest.files]
    layout = layout_of(manifest, [paths[i] for i in order])
    wanted = {f"digest of {paths[i]}" for i in missing}
    steps = [*required_steps(manifest), *later_steps(manifest)]
    made = plan(manifest, layout, steps, wanted)
    got = [
        manifest.chunk_table[layout.blocks[number].chunks[0]].digest
        for span in made.ranges
        for number in span.blocks
    ]
    assert sorted(got) == sorted(wanted)
    for span in made.ranges:
        at = span.first
        for number in span.blocks:
            assert layout.blocks[number].offset == at
            at += layout.blocks[number].stored
        assert at == span.first + span.length


def test_a_small_disk_cuts_the_tail() -> None:
    manifest = manifest_of("one", "two", "three", sizes={"two/clip.240p.mp4": 10_000})
    steps = required_steps(manifest)
    fitting, total = steps_that_fit(steps, set(), 2_000, lambda file: file.size)
    assert [step.lesson for step in fitting] == ["one"]
    assert total == 100 * 11 + 10_000
    fitting, _ = steps_that_fit(steps, set(), total, lambda file: file.size)
    assert len(fitting) == 3
    assert steps_that_fit(steps, set(), -5, lambda file: file.size)[0] == []


def test_files_are_missing_once_whatever_needs_them() -> None:
    manifest = manifest_of("one", "two", cover="cover.png")
    missing = missing_files(required_steps(manifest), {"digest of one/picture.png"})
    digests = [file.digest for file in missing]
    assert len(digests) == len(set(digests))
    assert "digest of one/picture.png" not in digests
    assert digests.count("digest of cover.png") == 1
