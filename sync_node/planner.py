"""What to fetch, and in which order. Pure.

1. Lessons in teaching order: first what each needs to open (`required`), with the cover first.
2. Then what no lesson names, and last the finer renditions of every lesson in turn.
3. Inside a lesson, blocks in the order in which they lie in a bundle: a lesson opens as a whole, so
   that another order would open nothing sooner and cost requests. Bundles have the texts first.
4. A block is fetched once, for the first that needs it, and only if one of its chunks is missing.
5. Blocks that follow each other in the plan and lie side by side in a bundle are one request, up to
   a bound.
"""

from collections.abc import Callable, Container, Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from content_packs.layout import Layout
from content_packs.manifest import File, Manifest
from sync_node.limits import RANGE_BYTES_MAX


@dataclass(frozen=True)
class Step:
    """Files that become of use together. `lesson` is empty for what no lesson names."""

    lesson: str
    files: tuple[File, ...]


@dataclass(frozen=True)
class Range:
    """A request: `length` bytes from `first` on of a bundle, holding these blocks in order."""

    bundle: int
    first: int
    length: int
    blocks: tuple[int, ...]


@dataclass(frozen=True)
class Plan:
    """Requests in order; `bytes_by_lesson` counts each block for the first lesson it serves."""

    ranges: tuple[Range, ...]
    bytes_by_lesson: dict[str, int] = field(default_factory=dict)

    @property
    def bytes_to_come(self) -> int:
        """The bytes of all requests' bodies."""
        return sum(each.length for each in self.ranges)


def required_steps(manifest: Manifest) -> list[Step]:
    """Return what has to come before all lessons can be opened, lesson by lesson."""
    cover = {manifest.cover} - {""}
    return [
        _step(manifest, lesson.id, lesson.required_paths() | cover) for lesson in manifest.lessons
    ]


def later_steps(manifest: Manifest) -> list[Step]:
    """Return what comes when every lesson can be opened: other files, then finer renditions."""
    shared = _step(manifest, "", manifest.shared_paths() - {manifest.cover})
    finer = [_step(manifest, lesson.id, lesson.finer_paths()) for lesson in manifest.lessons]
    return [step for step in (shared, *finer) if step.files]


def _step(manifest: Manifest, lesson: str, paths: AbstractSet[str]) -> Step:
    return Step(lesson, tuple(manifest.by_path[path] for path in sorted(paths)))


def plan(
    manifest: Manifest, layout: Layout, steps: Iterable[Step], missing: AbstractSet[str]
) -> Plan:
    """Return how to fetch the chunks of `steps` whose digests are `missing`."""
    numbers = manifest.number_of_chunk
    planned: set[int] = set()
    order: list[int] = []
    bytes_by_lesson: dict[str, int] = {}
    for step in steps:
        blocks = {
            layout.block_of_chunk[numbers[chunk.digest]]
            for file in step.files
            for chunk in file.pieces
            if chunk.digest in missing
        } - planned
        planned |= blocks
        order += sorted(blocks, key=lambda n: (layout.blocks[n].bundle, layout.blocks[n].offset))
        stored = sum(layout.blocks[number].stored for number in blocks)
        bytes_by_lesson[step.lesson] = bytes_by_lesson.get(step.lesson, 0) + stored
    return Plan(_coalesced(layout, order), bytes_by_lesson)


def _coalesced(layout: Layout, order: list[int]) -> tuple[Range, ...]:
    runs: list[list[int]] = []
    length = 0
    for number in order:
        block = layout.blocks[number]
        last = layout.blocks[runs[-1][-1]] if runs else None
        if (
            last
            and last.bundle == block.bundle
            and last.offset + last.stored == block.offset
            and length + block.stored <= RANGE_BYTES_MAX
        ):
            runs[-1].append(number)
            length += block.stored
        else:
            runs.append([number])
            length = block.stored
    return tuple(_range(layout, run) for run in runs)


def _range(layout: Layout, run: list[int]) -> Range:
    """Return the request for blocks that lie side by side."""
    first, last = layout.blocks[run[0]], layout.blocks[run[-1]]
    length = last.offset + last.stored - first.offset
    return Range(first.bundle, first.offset, length, tuple(run))


def steps_that_fit(
    steps: Sequence[Step], held: Container[str], room: int, bytes_for: Callable[[File], int]
) -> tuple[list[Step], int]:
    """Return the first steps whose missing files fit into `room` bytes, and what all would take.

    `bytes_for` says how much room a file that isn't held takes beyond what it takes already.
    """
    counted: set[str] = set()
    fitting = 0
    total = 0
    for number, step in enumerate(steps, start=1):
        for file in missing_files([step], held):
            if file.digest not in counted:
                counted.add(file.digest)
                total += bytes_for(file)
        if total <= room and fitting == number - 1:
            fitting = number
    return list(steps[:fitting]), total


def missing_files(steps: Iterable[Step], held: Container[str]) -> list[File]:
    """Return the files of `steps` that aren't held, each content once, in order."""
    found: dict[str, File] = {}
    for step in steps:
        for file in step.files:
            if file.digest not in held:
                found.setdefault(file.digest, file)
    return list(found.values())
