"""What a school adds itself: videos, PDFs and quizzes, kept here, and offered upward if wanted.

The file is durable before its row, and the row gone before its file: a cut leaves a file that
nothing names, which is removed at the next tidying.
"""

import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Literal, TypeAlias

from content_packs.errors import Missing, Refused
from content_packs.exercises import codec
from content_packs.exercises.model import Exercise
from content_packs.limits import EXERCISE_BYTES_MAX
from content_packs.records import Place
from content_packs.values import Value
from sync_node.school.ground import Ground
from sync_node.school.limits import MATERIALS_MAX, TITLE_CHARACTERS_MAX
from sync_node.school.models import ClassRow, MaterialRow
from sync_node.school.quizzes import Quiz
from sync_node.school.recording import Thing
from sync_node.school.rows import count_of, one_of
from sync_node.school.texts import needed_line
from sync_node.school.uploads import Stored, Uploads

MaterialKind: TypeAlias = Literal["video", "document", "exercise"]

_MEDIA_TYPES = {
    "mp4": "video/mp4",
    "webm": "video/webm",
    "pdf": "application/pdf",
    "quiz": "application/vnd.satchel.exercise+json",
}
_KINDS: dict[str, MaterialKind] = {
    "mp4": "video", "webm": "video", "pdf": "document", "quiz": "exercise",
}  # fmt: skip
_PLAYABLE = {"avc1", "avc3", "V_VP8", "V_VP9"}


class Material(Value, frozen=True):
    """A material. `seconds`: of a video; `class_id`: empty for all classes; `by`: a teacher's id.

    `plays_everywhere`: known only while it is added; False for a film that cheap phones can't show.
    """

    id: str
    title: str
    kind: MaterialKind
    digest: str
    size: int
    media_type: str
    seconds: int
    class_id: str
    by: str
    created_at: str
    offered: bool
    withdrawn: bool
    plays_everywhere: bool = True

    @property
    def thing(self) -> Thing:
        """What it is in records."""
        return Thing(Place("", "", self.id), self.kind)


class Materials:
    """The school's own materials. All methods raise `StorageFailed`; writing ones `Busy`."""

    def __init__(self, ground: Ground, uploads: Uploads) -> None:
        self._ground = ground
        self._uploads = uploads
        self._adding = threading.Lock()

    def begin(self, size: int, *, by: str) -> str:
        """Return the id of an upload of `size` bytes. Raises as `Uploads.begin`."""
        return self._uploads.begin(size, owner=by)

    def append(self, upload: str, offset: int, data: bytes, *, by: str) -> int:
        """Take the piece at `offset`; return the offset of the next. Raises as `Uploads.append`."""
        return self._uploads.append(upload, offset, data, owner=by)

    def finish(self, upload: str, *, title: str, class_id: str, by: str) -> Material:
        """Add what came. Raises as `Uploads.finish`, `UsageError` for no title, `Missing`."""
        line = needed_line(title, characters_max=TITLE_CHARACTERS_MAX, what="the title")
        with self._adding:
            return self._add(self._uploads.finish(upload, owner=by), line, class_id, by)

    def receive(
        self, pieces: Iterable[bytes], size: int, *, title: str, class_id: str, by: str
    ) -> Material:
        """Add a file that comes in one go, without a script on the page. Raises as `finish`."""
        upload = self.begin(size, by=by)
        at = 0
        for piece in pieces:
            at = self.append(upload, at, piece, by=by)
        return self.finish(upload, title=title, class_id=class_id, by=by)

    def add_quiz(self, quiz: Quiz, *, title: str, class_id: str, by: str) -> Material:
        """Add a quiz. Raises `UsageError` for no title, `Missing`, `Refused`."""
        wanted = title.strip() or quiz.exercise.title
        line = needed_line(wanted, characters_max=TITLE_CHARACTERS_MAX, what="the title")
        with self._adding:
            return self._add(self._uploads.keep(quiz.data, kind="quiz"), line, class_id, by)

    def all(self) -> list[Material]:
        """Return the materials, newest first."""
        return self._select(MaterialRow.withdrawn_at == "")

    def of_class(self, class_id: str) -> list[Material]:
        """Return what a class may see, newest first; of no class, what all may."""
        return self._select(
            (MaterialRow.withdrawn_at == "") & MaterialRow.class_id.in_(["", class_id])
        )

    def material(self, material_id: str) -> Material:
        """Return a material that isn't withdrawn. Raises `Missing`."""
        found = self._select((MaterialRow.id == material_id) & (MaterialRow.withdrawn_at == ""))
        if not found:
            raise Missing("there is no such material here", hint="It may have been removed.")
        return found[0]

    def path(self, material: Material) -> Path:
        """Return where its file lies. Raises `Missing` where it is gone or cut."""
        path = self._uploads.path_of(material.digest)
        if not path.is_file() or path.stat().st_size != material.size:
            raise Missing(f"the file of {material.title} is gone", hint="Add it again.")
        return path

    def exercise(self, material: Material) -> Exercise:
        """Return a quiz to be shown or graded. Raises `Missing`, `InvalidContent`."""
        if material.kind != "exercise" or material.size > EXERCISE_BYTES_MAX:
            raise Missing(f"{material.title} is no quiz")
        return codec.decode(self.path(material).read_bytes())

    def offer(self, material_id: str, *, offered: bool) -> None:
        """Offer a material upward, or don't. Raises `Missing`."""

        def work() -> None:
            row = one_of(MaterialRow, material_id, what="material")
            row.offered = offered
            row.save()

        self._ground.write(work)

    def withdraw(self, material_id: str) -> None:
        """Take a material away, and its file where no other has it. Raises `Missing`."""
        at = self._ground.now_text()

        def work() -> str:
            row = one_of(MaterialRow, material_id, what="material")
            row.withdrawn_at = row.withdrawn_at or at
            row.save()
            same = (MaterialRow.digest == row.digest) & (MaterialRow.withdrawn_at == "")
            return "" if count_of(MaterialRow, same) else str(row.digest)

        with self._adding:
            if digest := self._ground.write(work):
                self._uploads.remove(digest)

    def tidy(self) -> None:
        """Remove files that no material names. Raises `StorageFailed`."""
        with self._adding:
            self._uploads.tidy({material.digest for material in self.all()})

    def _add(self, stored: Stored, title: str, class_id: str, by: str) -> Material:
        facts = stored.facts
        codecs = (
            {track.codec for track in facts.tracks if track.kind == "video"} if facts else set()
        )
        made = Material(
            id=self._ground.new_id(),
            title=title,
            kind=_KINDS[stored.kind],
            digest=stored.digest,
            size=stored.size,
            media_type=_MEDIA_TYPES[stored.kind],
            seconds=int(facts.seconds) if facts else 0,
            class_id=class_id,
            by=by,
            created_at=self._ground.now_text(),
            offered=False,
            withdrawn=False,
            plays_everywhere=codecs <= _PLAYABLE,
        )
        self._ground.write(lambda: _insert(made))
        return made

    def _select(self, condition: object) -> list[Material]:
        with self._ground.database.reading():
            rows = MaterialRow.select().where(condition)
            ordered = rows.order_by(MaterialRow.created_at.desc(), MaterialRow.id)
            return [_material(row) for row in ordered]


def _insert(made: Material) -> None:
    if made.class_id:
        one_of(ClassRow, made.class_id, what="class")
    if count_of(MaterialRow, MaterialRow.withdrawn_at == "") >= MATERIALS_MAX:
        raise Refused(f"there are {MATERIALS_MAX} materials", hint="Remove old ones first.")
    MaterialRow.create(
        id=made.id, title=made.title, kind=made.kind, digest=made.digest, size=made.size,
        media_type=made.media_type, seconds=made.seconds, class_id=made.class_id, by=made.by,
        created_at=made.created_at, offered=False, withdrawn_at="",
    )  # fmt: skip


def _material(row: MaterialRow) -> Material:
    return Material(
        row.id, row.title, row.kind, row.digest, row.size, row.media_type, row.seconds,
        row.class_id, row.by, row.created_at, bool(row.offered), bool(row.withdrawn_at),
    )  # fmt: skip
