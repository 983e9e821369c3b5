"""What only we are measured in: nodes that begin elsewhere than at the version before, and polls.

Each has an optimum of its own. Rows are of nodes that are all served by one hub, one after another.
"""

from collections.abc import Callable
from pathlib import Path

from scripts.bench.syncing.bringing import (
    BYTES_PER_SECOND,
    CASES,
    ROUND_TRIP_SECONDS,
    case_of,
    over_link,
)
from scripts.bench.syncing.course import LIBRARY, PACK
from scripts.bench.syncing.optimum import Optimum
from scripts.bench.syncing.ours import Hub, Node, Satchel
from scripts.bench.syncing.report import Case, Readiness, Row
from scripts.bench.syncing.trees import Tree
from scripts.bench.syncing.using import Failed, Used
from scripts.bench.syncing.versions import LATER, Versions
from scripts.bench.syncing.wire import Link

_HELD_SHARE = 0.6
# The first lesson comes over links of these rates, in Mbit/s; of the first of them the others are
# watched, too, and brought sooner, to see them all.
_FIRST_MEGABITS = (1.6, 16, 50)


class OurCases:
    """Brings versions 1 to 4 to several nodes of one hub, below `place`."""

    def __init__(self, place: Path, versions: Versions, say: Callable[[str], None]) -> None:
        self._place, self._versions, self._say = place, versions, say
        self.readiness: Readiness | None = None
        self.first_lessons: dict[str, float] = {}
        self.cases: list[Case] = []
        self._hub = Hub(place / "hub", versions)
        self._published = Used()

    def run(self) -> dict[int, Row]:
        """Go through all; return our rows of the cases that peers have, too."""
        rows = {}
        box = self._node("box")
        self._publish(1)
        rows[1] = self._sync(CASES[1], box, 1)
        late = box.copy(self._place / "late")
        from_stick = self._node("stick")
        from_stick.sync_from_stick(self._hub.data / "repository")
        self._poll(box)
        self._interrupted(rows[1])
        for megabits in _FIRST_MEGABITS:
            self._watch(megabits)
        self._publish(2)
        rows[2] = self._sync(CASES[2], box, 2)
        self._case("update of a node filled from a stick", from_stick, 2, old=1)
        self._publish(3)
        rows[3] = self._sync(CASES[3], box, 3)
        self._publish(LATER)
        self._published += self._hub.make_deltas()
        self._case("three versions on, two skipped", late, LATER, old=1)
        self._other_pack()
        return rows

    def _node(self, name: str) -> Node:
        return Node(self._place / name)

    def _publish(self, number: int) -> None:
        self._published = self._hub.publish(number)

    def _sync(self, case: str, node: Node, number: int, hub: Hub | None = None) -> Row:
        """Return what a node takes from the hub, once it has the tree of that version."""
        hub = hub or self._hub

        def fetch(link: Link) -> Used:
            node.follow(link.address, hub.root)
            used = node.sync()
            node.check(self._versions.tree(number), PACK, number)
            return used

        row = over_link(
            case, name=Satchel.name, serve=hub.serve, fetch=fetch, published=self._published
        )
        self._say(f"  {case}: {row.note or f'{row.down} bytes, {row.round_trips} round trips'}")
        return row

    def _case(self, name: str, node: Node, number: int, *, old: int) -> None:
        row = self._sync(name, node, number)
        self._add(name, number, self._versions.tree(old), self._versions.optimum(number, old), row)

    def _add(self, name: str, number: int, old: Tree | None, least: Optimum, row: Row) -> None:
        self.cases.append(case_of(name, self._versions.tree(number), old, least, [row]))

    def _poll(self, node: Node) -> None:
        """Ask again at once: nothing new."""
        row = self._sync("poll, nothing new", node, 1)
        tree = self._versions.tree(1)
        self._add(row.case, 1, tree, Optimum({}), row)

    def _interrupted(self, first: Row) -> None:
        """Lose power after 60% of a first sync; what had come then is taken off the optimum."""
        node, stop = self._node("interrupted"), int(first.down * _HELD_SHARE)
        server = self._hub.serve()
        link = Link(server.port, ROUND_TRIP_SECONDS, BYTES_PER_SECOND)
        try:
            node.follow(link.address, self._hub.root)
            had_come = node.sync_until(link, stop)
        except Failed as failure:
            self._say(f"  interrupted: {failure}")
            return
        finally:
            link.close()
            server.close()
        name = "first sync, 60% held"
        least = self._versions.optimum(1, None).total - had_come
        self._add(name, 1, None, Optimum({"what hadn't come": least}), self._sync(name, node, 1))

    def _watch(self, megabits: float) -> None:
        """Do a first sync over a link of this rate, and look when lessons are ready."""
        name = f"{megabits} Mbit/s, {ROUND_TRIP_SECONDS * 1_000:.0f} ms"
        node, server = self._node(f"watched-{megabits}"), self._hub.serve()
        link = Link(server.port, ROUND_TRIP_SECONDS, megabits * 125_000)
        try:
            node.follow(link.address, self._hub.root)
            steps = node.readiness(link, BYTES_PER_SECOND)
        except Failed as failure:
            self._say(f"  readiness over {name}: {failure}")
            return
        finally:
            link.close()
            server.close()
        found = Readiness(node.lessons_ready(), link.crossed().down, steps)
        self.readiness = self.readiness or found
        self.first_lessons[name] = found.first_share
        self._say(f"  first lesson ready over {name}: after {found.first_share:.2%} of the bytes")

    def _other_pack(self) -> None:
        """Bring the course to a node that has half of it in the library, another author's pack."""
        name = "first sync, half held in another pack"
        hub, node = Hub(self._place / "library", self._versions), self._node("reader")
        hub.publish(0)
        server = hub.serve()
        link = Link(server.port, 0)
        try:
            node.follow(link.address, hub.root)
            node.sync()
            node.check(self._versions.tree(0), LIBRARY, 1)
        finally:
            link.close()
            server.close()
        self._published = hub.publish(1)
        row = self._sync(name, node, 1, hub)
        self._add(name, 1, self._versions.tree(0), self._versions.optimum(1, 0), row)
