"""A node's data directory as the engine leaves it, made by hand: what the site's tests read."""

from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from content_packs import manifest as manifests
from content_packs.digests import digest_of
from content_packs.limits import CHUNK_BYTES_MAX
from content_packs.manifest import Chunk, File, Lesson, Manifest, Publisher
from sync_node.data_dir import DataDir
from sync_node.database import creating_database
from sync_node.models import LessonRow, PackRow, TickRow, VersionRow
from tests.sync_node.lan import lessons

ACTIVATED_AT = "2026-09-01T06:00:00Z"


@dataclass
class School:
    """A data directory, and what a test does to it as the engine would."""

    data_dir: DataDir
    manifests: dict[tuple[str, int], Manifest] = field(default_factory=dict)

    def keep(self, data: bytes) -> str:
        """Put bytes into the store."""
        digest = digest_of(data)
        place = self.data_dir.store_path(digest)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
        return digest

    def forget(self, pack: str, version: int, path: str) -> None:
        """Take a file of a pack out of the store."""
        file = self.manifests[pack, version].by_path[path]
        self.data_dir.store_path(file.digest).unlink()

    def add(
        self,
        description: Manifest,
        contents: dict[str, tuple[str, bytes]],
        *,
        absent: tuple[str, ...] = (),
    ) -> Manifest:
        """Take in a version: its manifest, and its files but those that are `absent`."""
        files = []
        for path, (media_type, data) in sorted(contents.items()):
            digest = digest_of(data) if path in absent else self.keep(data)
            files.append(File(path, len(data), digest, media_type, _chunks(data)))
        manifest = msgspec.structs.replace(description, files=tuple(files))
        encoded = manifests.encode(manifest)
        manifests.decode(encoded)  # a fixture that the node would refuse shows nothing
        digest = digest_of(encoded)
        self.data_dir.manifest_path(digest).write_bytes(encoded)
        VersionRow.create(pack=manifest.pack, version=manifest.version, manifest=digest)
        self.manifests[manifest.pack, manifest.version] = manifest
        return manifest

    def offer(self, pack: str, version: int) -> None:
        """Note that a channel offers this version."""
        PackRow.insert(pack=pack, channel="county-primary", offered_version=version).on_conflict(
            conflict_target=[PackRow.pack], update={PackRow.offered_version: version}
        ).execute()

    def activate(self, pack: str, version: int, *names: str) -> None:
        """Make lessons open at a version."""
        for name in names:
            before = LessonRow.get_or_none(pack=pack, lesson=name)
            LessonRow.replace(
                pack=pack,
                lesson=name,
                version=version,
                previous_version=before.version if before else None,
                activated_at=ACTIVATED_AT,
            ).execute()


def _chunks(data: bytes) -> tuple[Chunk, ...]:
    if len(data) <= CHUNK_BYTES_MAX:
        return ()
    pieces = (data[at : at + CHUNK_BYTES_MAX] for at in range(0, len(data), CHUNK_BYTES_MAX))
    return tuple(Chunk(digest_of(piece), len(piece)) for piece in pieces)


def new_school(root: Path) -> School:
    """Return a school whose node has just been set up."""
    data_dir = DataDir(root)
    data_dir.make()
    with creating_database(data_dir):
        pass
    return School(data_dir)


def describe(
    pack: str, found: tuple[Lesson, ...], *, version: int = 1, grade: str = "4",
    subject: str = "mathematics", title: dict[str, str] | None = None,
    summary: dict[str, str] | None = None, cover: str = "",
) -> Manifest:  # fmt: skip
    """Return a manifest without its files."""
    return Manifest(
        format=manifests.FORMAT, pack=pack, version=version, languages=("en", "zh"),
        title=title or {"en": pack.title()}, summary=summary or {"en": "A pack for tests."},
        publisher=Publisher("satchel", {"en": "The Satchel project", "zh": "书包项目"}),
        licence="CC-BY-4.0", stage="primary", grade=grade, subject=subject, lessons=found,
        files=(), authors=("Li Hua", "Ana Costa"), cover=cover,
    )  # fmt: skip


def furnished_school(root: Path) -> School:
    """Return a school with two packs: one lesson with every kind of item, one on its way."""
    school = new_school(root)
    rich, contents = lessons.rich_lesson()
    plain, more = lessons.plain_lesson("adding-fractions", "Adding fractions", "分数加法")
    coming, to_come = lessons.plain_lesson("decimals", "From fractions to decimals", "从分数到小数")
    contents |= more | to_come | {"cover.png": ("image/png", lessons.cover())}
    absent = (*to_come, f"{rich.id}/halves.en.480p.mp4")
    school.add(
        describe(
            "fractions", (rich, plain, coming), cover="cover.png",
            title={"en": "Fractions", "zh": "分数"},
            summary={
                "en": "Share a pizza fairly, and find out what the two numbers of a fraction say.",
                "zh": "公平地分披萨，弄明白分数的两个数字各表示什么。",
            },
        ),
        contents, absent=absent,
    )  # fmt: skip
    school.offer("fractions", 1)
    school.activate("fractions", 1, rich.id, plain.id)
    water, contents = lessons.plain_lesson("rain", "Where rain comes from", "雨从哪里来")
    school.add(
        describe(
            "water-cycle", (water,), grade="5", subject="science",
            title={"en": "The water cycle", "zh": "水的循环"},
            summary={"en": "Follow a drop of water up and down.", "zh": "跟着一滴水上上下下。"},
        ),
        contents,
    )  # fmt: skip
    school.offer("water-cycle", 1)
    school.activate("water-cycle", 1, "rain")
    TickRow.create(
        started_at="2026-09-01T05:58:00Z", ended_at="2026-09-01T06:00:00Z", bytes_in=3_400_000,
        bytes_out=2_100, requests=14, outcome="updated", detail="2 lessons activated",
    )  # fmt: skip
    return school
