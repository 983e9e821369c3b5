"""EXERCISES.md says what the code does: its example is sound, and no kind or field is left out."""

import re
from pathlib import Path

import msgspec
import pytest

from content_packs import exercises
from content_packs.exercises import model, toml_source
from content_packs.exercises.model import KINDS

DOCUMENT = (Path(exercises.__file__).parent.parent / "EXERCISES.md").read_text(encoding="utf-8")


def test_the_example_is_sound() -> None:
    for example in re.findall(r"```toml\n(.*?)```", DOCUMENT, re.DOTALL):
        exercise, faults = toml_source.parse(example, name="practice.en.quiz.toml")
        assert exercise is not None
        assert faults == []


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_described(kind: str) -> None:
    sections = DOCUMENT.split("\n## ")[1:]
    for title in ("1.", "2.", "4.", "5."):
        (section,) = [section for section in sections if section.startswith(title)]
        assert kind in section, f"section {title} doesn't tell of {kind}"


STRUCTS = [
    model.Exercise, *KINDS.values(), model.Option, model.Entry, model.Row, model.Gap,
    model.TextAnswer, model.NumericAnswer, model.Feedback,
]  # fmt: skip


@pytest.mark.parametrize("struct", STRUCTS)
def test_every_field_is_described(struct: type[msgspec.Struct]) -> None:
    section = DOCUMENT.split("\n## 5.")[1]
    for field in struct.__struct_fields__:
        assert f'"{field}"' in section, f"{struct.__name__}.{field}"
