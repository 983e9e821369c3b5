"""What can be the matter with a repository on a stick: named, made, and what has to come of it.

The node holds version 1 of `demo`, and a good stick brings version 2. Each case changes the stick
(or is one that is as it should be); `expected` is the version of the lessons after one tick.
"""

import copy
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from content_packs.limits import GIB
from content_packs.repository import TIMESTAMP
from tests.support.repositories import Repository

CASES: list["Case"] = []


@dataclass
class Given:
    """A repository on a stick at `root`, which may be changed at will, and whose it is.

    `hub` signs and publishes at `root`; `older` and `foreign` are other editions. `years`: how
    much later than the hub's signatures the node looks at it.
    """

    hub: Repository
    older: Path
    foreign: Path
    outside: Path
    later: timedelta = timedelta()

    @property
    def root(self) -> Path:
        return self.hub.root

    def newest(self, pattern: str) -> Path:
        """The newest file of this name: `*.snapshot.json`."""
        found = [*self.root.glob(pattern)]
        assert found, pattern
        return max(found, key=lambda path: int(path.name.split(".")[0]) if path.name[0].isdigit()
                   else 0)  # fmt: skip


@dataclass(frozen=True)
class Case:
    name: str
    expected: int
    arrange: Callable[[Given], None]

    def __str__(self) -> str:
        return self.name


def case(expected: int) -> Callable[[Callable[[Given], None]], Callable[[Given], None]]:
    """Put a function into the table, under its name."""

    def put(arrange: Callable[[Given], None]) -> Callable[[Given], None]:
        CASES.append(Case(arrange.__name__.replace("_", " "), expected, arrange))
        return arrange

    return put


def copied(repository: Repository, root: Path) -> Repository:
    """The same hub with its keys, going on at another folder."""
    shutil.copytree(repository.root, root)
    found = copy.copy(repository)
    found.root = root
    for name in ("keys", "versions", "published", "offered", "target_names", "roots"):
        setattr(found, name, copy.copy(getattr(repository, name)))
    return found


def replace_tree(root: Path, by: Path) -> None:
    shutil.rmtree(root)
    shutil.copytree(by, root)


def cut(path: Path, *, to: float = 0.5) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * to)])


def flip(path: Path, at: int = -1) -> None:
    data = bytearray(path.read_bytes())
    data[at if at >= 0 else len(data) // 2] ^= 1
    path.write_bytes(data)


def new_bundles(given: Given) -> list[Path]:
    before = {path.name for path in (given.older / "bundles").iterdir()}
    return [path for path in (given.root / "bundles").iterdir() if path.name not in before]


def new_of(given: Given, kind: str) -> Path:
    before = {path.name for path in (given.older / kind / "demo").iterdir()}
    [found] = [p for p in (given.root / kind / "demo").iterdir() if p.name not in before]
    return found


# Good sticks


@case(2)
def good(_: Given) -> None:
    pass


@case(1)
def the_same_edition_as_before(given: Given) -> None:
    replace_tree(given.root, given.older)


@case(2)
def signed_24_months_ago(given: Given) -> None:
    given.later = timedelta(days=730)


@case(2)
def all_signatures_but_the_roots_have_expired(given: Given) -> None:
    given.hub.sign(lifetime=timedelta(days=1))
    given.later = timedelta(days=2_000)


@case(2)
def all_signatures_and_the_roots_have_expired(given: Given) -> None:
    given.later = timedelta(days=5_000)


@case(2)
def the_first_root_is_left_out(given: Given) -> None:
    given.hub.new_root()
    given.hub.sign()
    (given.root / "metadata" / "1.root.json").unlink()


@case(2)
def no_root_at_all_where_none_is_newer(given: Given) -> None:
    for path in given.root.glob("metadata/*.root.json"):
        path.unlink()


@case(2)
def only_what_the_node_lacks(given: Given) -> None:
    for path in given.older.rglob("*"):
        place = path.relative_to(given.older)
        if path.is_file() and place.parts[0] != "metadata":
            (given.root / place).unlink()


@case(2)
def what_an_earlier_edition_had_lies_there_still(given: Given) -> None:
    for path in given.older.rglob("*"):
        place = given.root / path.relative_to(given.older)
        if path.is_file() and not place.exists():
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, place)


@case(2)
def forty_roots_later(given: Given) -> None:
    for _ in range(40):
        given.hub.new_root()
    given.hub.sign()


@case(2)
def every_top_key_was_rotated(given: Given) -> None:
    for role in ("root", "timestamp", "snapshot", "targets"):
        given.hub.rotate(role)
    given.hub.sign()


@case(2)
def foreign_files_lie_between_ours(given: Given) -> None:
    (given.root / "autorun.inf").write_bytes(b"[autorun]\nopen=setup.exe\n")
    (given.root / "metadata" / "9999999.snapshot.json").write_bytes(b"{")
    (given.root / "metadata" / "Thumbs.db").write_bytes(b"x")
    (given.root / "bundles" / "photo.jpg").symlink_to("/etc/passwd")


@case(2)
def a_bundle_with_gigabytes_behind_its_end(given: Given) -> None:
    for path in new_bundles(given):
        os.truncate(path, path.stat().st_size + 5 * GIB)


@case(2)
def half_written_files_beside_whole_ones(given: Given) -> None:
    for path in [*given.root.rglob("*")]:
        if path.is_file():
            path.with_name(path.name + ".part").write_bytes(path.read_bytes()[:100])


@case(2)
def modified_in_the_future(given: Given) -> None:
    for path in given.root.rglob("*"):
        os.utime(path, (4_000_000_000, 4_000_000_000))


# Old, mixed and foreign ones


@case(1)
def only_the_timestamp_is_older(given: Given) -> None:
    shutil.copy(given.older / TIMESTAMP, given.root / TIMESTAMP)


@case(1)
def an_older_snapshot_under_the_new_name(given: Given) -> None:
    newest = given.newest("metadata/*.snapshot.json")
    older = max((given.older / "metadata").glob("*.snapshot.json"))
    shutil.copy(older, newest)


@case(1)
def an_older_channel_under_the_new_name(given: Given) -> None:
    newest = given.newest("metadata/*.c-main.json")
    older = max((given.older / "metadata").glob("*.c-main.json"))
    shutil.copy(older, newest)


@case(1)
def older_targets_under_the_new_name(given: Given) -> None:
    newest = given.newest("metadata/*.targets.json")
    older = max((given.older / "metadata").glob("*.targets.json"))
    shutil.copy(older, newest)


@case(1)
def new_metadata_over_old_content(given: Given) -> None:
    for folder in ("manifests", "layouts", "bundles"):
        replace_tree(given.root / folder, given.older / folder)


@case(1)
def old_metadata_over_new_content(given: Given) -> None:
    replace_tree(given.root / "metadata", given.older / "metadata")


@case(1)
def a_newer_timestamp_whose_snapshot_did_not_come_along(given: Given) -> None:
    newest = given.newest("metadata/*.snapshot.json")
    newest.unlink()


@case(1)
def a_newer_snapshot_whose_channel_did_not_come_along(given: Given) -> None:
    given.newest("metadata/*.c-main.json").unlink()


@case(1)
def a_foreign_root(given: Given) -> None:
    replace_tree(given.root, given.foreign)


@case(1)
def foreign_metadata_over_our_content(given: Given) -> None:
    replace_tree(given.root / "metadata", given.foreign / "metadata")


@case(1)
def a_foreign_root_as_our_next(given: Given) -> None:
    shutil.copy(given.foreign / "metadata" / "1.root.json", given.root / "metadata" / "2.root.json")


@case(1)
def a_root_that_is_missing_in_the_chain(given: Given) -> None:
    for role in ("root", "timestamp"):
        given.hub.rotate(role)
    given.hub.sign()
    (given.root / "metadata" / "2.root.json").unlink()


@case(1)
def forty_roots_later_and_the_twentieth_is_missing(given: Given) -> None:
    for number in range(40):
        if number == 20:
            given.hub.rotate("timestamp")
        given.hub.new_root()
    given.hub.sign()
    (given.root / "metadata" / "20.root.json").unlink()


@case(1)
def a_root_that_skips_a_number(given: Given) -> None:
    given.hub.rotate("timestamp")
    given.hub.sign()
    path = given.root / "metadata" / "2.root.json"
    path.rename(path.with_name("3.root.json"))


@case(1)
def a_timestamp_by_a_key_that_was_revoked(given: Given) -> None:
    before = given.hub.keys["timestamp"]
    given.hub.rotate("timestamp")
    given.hub.keys["revoked"] = before
    given.hub.sign(timestamp="revoked")


@case(1)
def a_channel_that_another_key_signed(given: Given) -> None:
    given.hub.sign(**{"c-main": "c-trial"})


@case(1)
def targets_that_the_timestamps_key_signed(given: Given) -> None:
    given.hub.sign(targets="timestamp")


@case(1)
def a_snapshot_that_the_channels_key_signed(given: Given) -> None:
    given.hub.sign(snapshot="c-main")
