"""Deltas in a repository of ours, a course that changes, a source that notes what it gave."""

import io
import random
from functools import lru_cache
from pathlib import Path
from typing import Any

from content_packs import repository
from content_packs.bundle import BlockReader
from content_packs.delta_making import DeltaMade, make_delta
from content_packs.errors import SourceUnavailable
from content_packs.manifest import File
from content_packs.offers import Offer
from content_packs.packing import Content
from sync_node.source import Answer
from tests.support.nodes import LiveFolder
from tests.support.packs import contents_of, describe, lesson, random_bytes, write_cpack
from tests.support.repositories import Published, Repository

LESSONS = ("one", "two", "three", "four")
ARCHIVE = "shared/archive.db"


def put_delta(repository_: Repository, pack: str, old: int, new: int) -> tuple[str, DeltaMade]:
    """Make the delta between two published versions, and put it in its place; return that."""
    before, after = repository_.published[pack, old], repository_.published[pack, new]
    out = io.BytesIO()
    made = make_delta(
        before.manifest, after.manifest, after.layout,
        _reader(repository_, before), _reader(repository_, after), out,
    )  # fmt: skip
    path = repository.delta_path(pack, before.offer.manifest, after.offer.manifest)
    repository_.write(path, out.getvalue())
    return path, made


def _reader(repository_: Repository, published: Published) -> Any:
    blocks = BlockReader(
        published.manifest,
        published.layout,
        lambda digest: io.BytesIO(repository_.read(repository.bundle_path(digest))),
    )

    def read(file: File, offset: int, length: int) -> bytes:
        numbers = [published.manifest.number_of_chunk[chunk.digest] for chunk in file.pieces]
        return b"".join(map(blocks.read, numbers))[offset : offset + length]

    return read


@lru_cache(maxsize=16)
def rows(seed: int, count: int = 12_000, changed: float = 0.0) -> bytes:
    """A table of a database; of its rows the share `changed` differs with the seed."""
    dice, same = random.Random(seed), random.Random(0)
    made = []
    for _ in range(count):
        text = same.randbytes(100)
        made.append(dice.randbytes(100) if dice.random() < changed else text)
    return b"".join(made)


def course(
    repository_: Repository,
    folder: Path,
    version: int,
    *earlier: int,
    pack: str = "course",
    footer: str = "",
    archive: bytes = b"",
    videos: dict[str, bytes] | None = None,
    typo: str = "",
) -> Offer:
    """Publish a course of pages with a footer, films, and an archive, over `earlier` versions."""
    made = tuple(lesson(name, video_bytes=1) for name in LESSONS)
    contents: list[Content] = []
    for number, one in enumerate(made):
        text = "".join(
            f"<p>{random.Random(number).choice(['Water', 'Earth'])} {n} of {one.id}</p>"
            for n in range(400)
        )
        page = f"<h1>{one.id}</h1>{text}{typo if one.id == 'two' else ''}<footer>{footer}</footer>"
        for content in contents_of(one, seed=1_000 * number, page=page, video_bytes=300_000):
            data = (videos or {}).get(content.path)
            contents.append(content._replace(content=data) if data else content)
    contents.append(Content(ARCHIVE, "application/vnd.sqlite3", archive or rows(0)))
    cpack = folder / f"{pack}-{version}.cpack"
    write_cpack(describe(made, pack=pack, version=version), contents, cpack)
    return repository_.publish(cpack, *((pack, number) for number in earlier))


def film(version: int, name: str = "one") -> bytes:
    """A film that stays the same but for what is put in front of it."""
    body = random_bytes(77 + len(name), 2_500_000)
    return random_bytes(version, 700 * version) + body


class Witness(LiveFolder):
    """A folder that counts as a hub, and keeps what it gave: (path, first byte, length).

    After `left` bytes of content its link is cut, till it gets more.
    """

    def __init__(self, root: Path, left: int | None = None) -> None:
        super().__init__(root)
        self.gave: list[tuple[str, int, int]] = []
        self.left = left

    def get(self, path: str, *, bytes_max: int, etag: str = "", begun: Any = None) -> Answer:
        answer = super().get(path, bytes_max=bytes_max, etag=etag, begun=begun)
        if not path.startswith("metadata/"):
            self._note(path, 0, len(answer.body or b""))
        return answer

    def start(self, path: str, *, length: int) -> bytes:
        data = super().start(path, length=length)
        self._note(path, 0, len(data))
        return data

    def open(self, path: str, first: int, length: int, *, fresh: bool = False) -> Any:
        return _Noted(super().open(path, first, length, fresh=fresh), self, path, first)

    def _note(self, path: str, first: int, length: int) -> None:
        if self.left is not None:
            if length > self.left:
                raise SourceUnavailable(f"{self.name}: cut")
            self.left -= length
        if length:
            self.gave.append((path, first, length))

    def allowed(self, length: int) -> int:
        """How many of so many bytes the link still gives; raises where it is cut."""
        if self.left == 0:
            raise SourceUnavailable(f"{self.name}: cut")
        return length if self.left is None else min(length, self.left)

    def bytes_of(self, kind: str) -> int:
        return sum(length for path, _, length in self.gave if path.startswith(kind))

    def twice(self) -> dict[str, int]:
        """How many bytes were given more than once, by their paths."""
        found: dict[str, int] = {}
        ends: dict[str, int] = {}
        for path, first, length in sorted(self.gave):
            again = min(ends.get(path, 0), first + length) - first
            if again > 0:
                found[path] = found.get(path, 0) + again
            ends[path] = max(ends.get(path, 0), first + length)
        return found


class _Noted:
    """A range that is being read from a `Witness`."""

    waiting_since = None

    def __init__(self, reading: Any, witness: Witness, path: str, first: int) -> None:
        self._reading, self._witness, self._path, self._at = reading, witness, path, first

    def readinto(self, view: memoryview) -> int:
        size = self._reading.readinto(view[: self._witness.allowed(len(view))])
        self._witness._note(self._path, self._at, size)
        self._at += size
        return int(size)

    def abort(self) -> None:
        self._reading.abort()

    def close(self) -> None:
        self._reading.close()
