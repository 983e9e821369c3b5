"""How one published version differs from another: in lessons, files, and bytes for a school."""

from dataclasses import dataclass

from content_packs.diff import Cost, Difference, compare
from content_packs.errors import UsageError
from content_packs.manifest import text_in
from hub import deltas
from hub.contents import read_layout, read_manifest
from hub.delta_files import bytes_of_blocks
from hub.hub import Hub
from hub.packs.listing import view_of
from hub.people.actor import Actor
from hub.versions import Version, expect_version


@dataclass(frozen=True)
class Changes:
    """What changed from one version to another, and what it costs a school that has the older.

    `without`: bytes where no delta is used; `fetched`: with the delta, 0 where there is none (yet,
    or it isn't worth it). `whole`: what a school fetches that has nothing. `titles`: of the lessons
    of both, by their names, in the newer's words where it has them.
    """

    difference: Difference
    without: int
    fetched: int
    whole: int
    titles: dict[str, dict[str, str]]

    def title(self, lesson: str, languages: tuple[str, ...]) -> str:
        """Return a lesson's title in the first of `languages` it has, else its name."""
        return text_in(self.titles.get(lesson, {}), languages) or lesson


def between(hub: Hub, actor: Actor, pack: str, older: int, newer: int) -> Changes:
    """Return how `newer` differs from `older`.

    Raises `Missing`, `Refused`, `UsageError` where `older` isn't, `Damaged`, `StorageFailed`.
    """
    view_of(hub, actor, pack)
    if older >= newer:
        raise UsageError(f"{older} is not older than {newer}", hint="Name the older version first.")
    before, after = expect_version(hub, pack, older), expect_version(hub, pack, newer)
    a, _ = read_manifest(hub.objects, pack, before.manifest)
    b, stored = read_manifest(hub.objects, pack, after.manifest)
    laid_out, stored_layout = read_layout(hub.objects, b, after.layout)
    cost = Cost(bytes_of_blocks(a, b, laid_out), len(stored), len(stored_layout))
    titles = {lesson.id: dict(lesson.title) for one in (a, b) for lesson in one.lessons}
    return Changes(
        difference=compare(a, b, cost),
        without=cost.total,
        fetched=_with_delta(hub, pack, before, after),
        whole=len(stored) + len(stored_layout) + sum(block.stored for block in laid_out.blocks),
        titles=titles,
    )


def _with_delta(hub: Hub, pack: str, before: Version, after: Version) -> int:
    found = deltas.find(hub, deltas.Wanted(pack, before, after))
    return found.fetched if found and found.stored else 0
