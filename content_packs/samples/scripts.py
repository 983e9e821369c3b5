"""What the pictures, videos and worksheets of a sample pack are made from: TOML, typed.

They lie beside the lesson's pages under names that start with `_`, which are not part of a pack:

    _pictures.toml          [[picture]]: file, size, show
    _STEM.video.toml        [[slide]]: title, show, [[slide.step]]: say, show
    _STEM.worksheet.toml    title, blanks, introduction, answers,
                            [[task]]: text, show, lines, answer

`show` is a scene (see `drawings`). A `{language}` in a picture's `file` makes one for each
language.
"""

import tomllib
from typing import TypeAlias, TypeVar

import msgspec

from content_packs.errors import InvalidContent

LocalisedText: TypeAlias = dict[str, str]
Scene: TypeAlias = list[list[str]]
_Script = TypeVar("_Script")


class PictureScript(msgspec.Struct, forbid_unknown_fields=True):
    """A picture for pages: its file name and what it shows."""

    file: str
    show: Scene
    size: tuple[int, int] = (960, 420)


class Pictures(msgspec.Struct, forbid_unknown_fields=True):
    """The pictures of one folder."""

    picture: list[PictureScript]


class Step(msgspec.Struct, forbid_unknown_fields=True):
    """One sentence of the narrator, and what is seen meanwhile (else what was seen before)."""

    say: LocalisedText
    show: Scene = []


class Slide(msgspec.Struct, forbid_unknown_fields=True):
    """A title with steps below it."""

    title: LocalisedText
    step: list[Step]
    show: Scene = []


class VideoScript(msgspec.Struct, forbid_unknown_fields=True):
    """A narrated video."""

    slide: list[Slide]


class Task(msgspec.Struct, forbid_unknown_fields=True):
    """A task on a worksheet; `lines` to write on, `{1/2}` in texts is a fraction."""

    text: LocalisedText
    answer: LocalisedText
    show: Scene = []
    show_height: int = 26
    lines: int = 1


class Worksheet(msgspec.Struct, forbid_unknown_fields=True):
    """A worksheet with its answers on a page of their own."""

    title: LocalisedText
    introduction: LocalisedText
    blanks: LocalisedText
    answers: LocalisedText
    task: list[Task]


def read_script(data: bytes, kind: type[_Script], *, what: str) -> _Script:
    """Return the script that `data` is. Raises `InvalidContent` naming `what` and the field."""
    try:
        return msgspec.convert(tomllib.loads(data.decode()), kind)
    except (ValueError, msgspec.ValidationError) as error:
        raise InvalidContent(f"{what}: {error}", hint="Mend the script.") from error
