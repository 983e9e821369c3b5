"""What both ways to write an exercise share: noting faults, and the steps before and after."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from content_packs.errors import InvalidContent
from content_packs.exercises import codec, rules
from content_packs.exercises.drafting import Note
from content_packs.exercises.model import FORMAT, Exercise, Question
from content_packs.faults import Fault
from content_packs.findings import Findings
from content_packs.limits import TOML_BYTES_MAX
from content_packs.names import NO_LANGUAGE
from content_packs.pages import render_inline
from content_packs.source_names import ItemName, role_of, take_apart


class Notes:
    """Collects the faults of one file."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._findings = Findings()

    def error(self, field: str, message: str, hint: str, line: int = 0) -> None:
        """Note what forbids building."""
        self._findings.error(self._path, message, hint=hint, line=line, field=field)

    def warning(self, field: str, message: str, hint: str, line: int = 0) -> None:
        """Note what is worth mending."""
        self._findings.warning(self._path, message, hint=hint, line=line, field=field)

    def at(self, line_of: Callable[[str], int], prefix: str = "") -> Note:
        """Return where a part of the file notes faults: `line_of` gives each field's line."""
        return Note(
            on_error=lambda field, message, hint: self.error(
                (prefix + field).strip(), message, hint, line_of(field)
            ),
            warning=lambda field, message, hint: self.warning(
                (prefix + field).strip(), message, hint, line_of(field)
            ),
        )

    @property
    def faults(self) -> list[Fault]:
        """What was noted, in the order of lines."""
        return list(self._findings.faults)

    @property
    def has_errors(self) -> bool:
        """Say whether anything forbids building."""
        return self._findings.has_errors


def is_usable(text: str, notes: Notes) -> bool:
    """Say whether a file's text can be looked at, noting why it can't."""
    try:
        size = len(text.encode())
    except UnicodeEncodeError as error:
        line = text.count("\n", 0, error.start) + 1
        notes.error("", "has half of a character", "Save it as UTF-8.", line)
        return False
    if size > TOML_BYTES_MAX:
        message = f"{size} bytes, at most {TOML_BYTES_MAX} are allowed"
        notes.error("", message, "Split it into several exercises.")
    return size <= TOML_BYTES_MAX


def language_of(path: str) -> str:
    """Return the language that a file's name says, as in `practice.en.quiz.toml`."""
    name = path.rpartition("/")[2]
    parts = take_apart(name) if role_of(name) else ""
    return parts.language if isinstance(parts, ItemName) else NO_LANGUAGE


@dataclass(frozen=True)
class Head:
    """What an author says of a whole exercise."""

    language: str
    title: str = ""
    instructions: str = ""


def finish(notes: Notes, note: Note, head: Head, questions: Sequence[Question]) -> Exercise | None:
    """Return the whole exercise, or None where there is an error; notes what is wrong with it."""
    rendered = render_inline(head.instructions)
    for message, hint in rendered.problems:
        note.error("instructions", message, hint)
    exercise = Exercise(
        format=FORMAT,
        language=head.language,
        questions=tuple(questions),
        title=head.title,
        instructions=head.instructions,
        instructions_html=rendered.html,
    )
    if not notes.has_errors:
        for problem in rules.problems_around(exercise):
            note.error(*problem)
    if not notes.has_errors:
        try:
            codec.encode(exercise)
        except InvalidContent as error:
            note.error("", error.message, error.hint)
    return None if notes.has_errors else exercise


def meant(word: str, known: Sequence[str]) -> str:
    """Return a hint: the known word that a person meant, or all of them."""
    near = get_close_matches(word, known, n=1)
    return f"Did you mean {near[0]!r}?" if near else f"Known: {', '.join(known)}."
