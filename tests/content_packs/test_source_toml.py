"""TOML that people write: whatever stands in it, every fault has a place, and nothing crashes."""

from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from content_packs.findings import Findings
from content_packs.names import is_name
from content_packs.source import read_folder
from content_packs.source_names import (
    ItemName,
    name_like,
    role_of,
    take_apart,
    take_apart_folder,
)
from content_packs.source_toml import Table, read_toml

KEYS = ("id", "version", "languages", "title", "summary", "publisher", "licence", "stage", "cover")
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.one_of(
        st.booleans(),
        st.integers(),
        st.floats(),
        st.text(max_size=12),
        st.sampled_from(["en", "zh", "und", "CC-BY-4.0", "primary"]),
        st.dates(),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(["en", "zh", "id", "title", "x y"]), inner, max_size=3),
    ),
    max_leaves=6,
)


def table_of(values: dict[str, Any]) -> tuple[Table, Findings]:
    findings = Findings()
    return Table(values, "pack.toml", "", findings), findings


@given(VALUES)
def test_any_value_is_of_use_or_a_fault(value: Any) -> None:
    for read in (
        lambda table: table.string("key"),
        lambda table: table.integer("key", least=1, most=9),
        lambda table: table.strings("key"),
        lambda table: table.localised("key", ("en", "zh")),
        lambda table: table.localised_list("key", ("en", "zh")),
        lambda table: table.table("key"),
        lambda table: table.tables("key"),
    ):
        table, findings = table_of({"key": value})
        assert read(table) or findings.faults or value in ([], "")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=6), st.text(max_size=60))
def test_any_pack_toml_is_read_or_told(tmp_path: Path, values: dict[str, Any], tail: str) -> None:
    text = "\n".join(f"{key} = {written(value)}" for key, value in values.items())
    for content in (text, text + "\n" + tail):
        (tmp_path / "pack.toml").write_text(content, encoding="utf-8", errors="replace")
        folder = read_folder(tmp_path)
        assert folder.description is None
        assert all(fault.hint for fault in folder.faults)


def written(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return '"' + "".join(f"\\U{ord(character):08x}" for character in value) + '"'
    if isinstance(value, list):
        return f"[{', '.join(written(one) for one in value)}]"
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{written(k)} = {written(v)}' for k, v in value.items())} }}"
    return str(value)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=60))
def test_any_bytes_are_toml_or_told(tmp_path: Path, data: bytes) -> None:
    location = tmp_path / "lesson.toml"
    location.write_bytes(data)
    findings = Findings()
    table = read_toml(location, "lesson.toml", findings)
    assert (table is None) == findings.has_errors


def test_a_key_is_found_in_its_line() -> None:
    text = 'id = "x"\n\n[publisher]\n  "title" = { en = "x" }\n[[items]]\nid = "y"\n'
    table = Table({}, "pack.toml", text, Findings())
    assert [table.line_of(key) for key in ("id", "publisher", "title", "items", "lost")] == [
        1, 3, 4, 5, 0,
    ]  # fmt: skip


@given(st.text(st.sampled_from("abAB01-._ 中é"), max_size=20), st.sampled_from([".md", ".mp4"]))
def test_a_name_is_taken_apart_or_refused_in_words(stem: str, extension: str) -> None:
    assert role_of(stem + extension) is not None
    parts = take_apart(stem + extension)
    if isinstance(parts, ItemName):
        assert is_name(parts.stem)
        assert parts.built_name.startswith(parts.stem)
    else:
        assert parts
    app = take_apart_folder(stem)
    assert isinstance(app, str) or is_name(app[0])


@given(st.text(max_size=80))
def test_a_suggested_name_is_one(text: str) -> None:
    suggested = name_like(text)
    assert suggested == "" or is_name(suggested)
