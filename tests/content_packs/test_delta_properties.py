"""Whatever two versions hold, the delta between them makes the second out of the first, exactly."""

import random
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import content_packs
from content_packs import canonical_json
from content_packs import delta_recipe as recipes
from content_packs.delta_copies import Copies, Copy, from_columns, to_columns, within
from content_packs.limits import MIB
from tests.support.packs import random_bytes
from tests.support.strategies import folders
from tests.support.versions import Made, Version, delta_between

quick = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
ENDINGS = st.sampled_from([".html", ".vtt", ".png", ".pdf", ""])
CHANGES = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2**32)), max_size=6)


@quick
@given(folders(), folders(), ENDINGS)
def test_any_two_folders(before: dict[str, bytes], after: dict[str, bytes], ending: str) -> None:
    delta_between(
        {path + ending: data for path, data in before.items()},
        {path + ending: data for path, data in after.items()},
    )


@quick
@given(folders(), st.data(), ENDINGS)
def test_a_folder_and_what_became_of_it(
    before: dict[str, bytes], data: st.DataObject, ending: str
) -> None:
    before = {f"a/{path}{ending}": content * 20 for path, content in before.items()}
    after = {}
    for path, was in before.items():
        fate = data.draw(st.sampled_from(["same", "gone", "renamed", "edited", "both"]))
        chance = random.Random(data.draw(st.integers(0, 999)))
        content = was
        if fate in {"edited", "both"}:
            content = changed(was, [(chance.randrange(4), chance.randrange(2**32))])
        if fate != "gone":
            after[path.replace("a/", "b/", 1) if fate in {"renamed", "both"} else path] = content
    delta_between(before, after)


def changed(content: bytes, changes: list[tuple[int, int]]) -> bytes:
    """Insert, delete, replace or move pieces."""
    for kind, seed in changes:
        chance = random.Random(seed)
        at, to = (chance.randrange(len(content) + 1) for _ in range(2))
        length = chance.randrange(1, max(2, len(content) // 3))
        piece = content[at : at + length]
        new = chance.randbytes(min(length, 70_000))
        if kind == 0:
            content = content[:at] + new + content[at:]
        elif kind == 1:
            content = content[:at] + content[at + length :]
        elif kind == 2:
            content = content[:at] + new + content[at + len(new) :]
        else:
            content = content[:at] + content[at + length :]
            content = content[:to] + piece + content[to:]
    return content


@settings(parent=quick, max_examples=12)
@given(st.integers(0, 99), CHANGES, st.sampled_from(["film.mp4", "archive.bin", "book.html"]))
def test_a_large_file_and_what_became_of_it(
    seed: int, changes: list[tuple[int, int]], name: str
) -> None:
    before = random_bytes(seed, MIB + 70_000) + bytes(300_000) + random_bytes(seed + 1, 200_000)
    after = changed(before, changes)
    delta_between({name: before, "other.bin": b"x"}, {name: after, "other.bin": b"y"})


@quick
@given(folders(), folders())
def test_the_same_two_versions_give_the_same_delta(
    before: dict[str, bytes], after: dict[str, bytes]
) -> None:
    old = Version(before)
    new = Version(after, old)
    assert Made(old, new).bytes == Made(old, new).bytes


@quick
@given(folders(), folders())
def test_a_recipe_comes_back_as_it_was(before: dict[str, bytes], after: dict[str, bytes]) -> None:
    recipe = delta_between(before, after).head().recipe
    assert recipes.unpack(recipes.pack(recipe, level=3), what="test") == recipe


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 400), st.integers(1, 90)), max_size=9))
def test_copies_come_back_from_their_columns(drawn: list[tuple[int, int, int]]) -> None:
    copies = []
    at = 0
    for before, source, length in drawn:
        copies.append(Copy(at + before, source, length))
        at += before + length
    sizes = (100, 0, 250, 150)
    columns = to_columns(copies)
    assert from_columns(*columns, sum(sizes), "test") == copies
    of = Copies(copies, sizes, sum(before for before, _, _ in drawn) + 7)
    used = {n for copy in copies for n in range(copy.source, copy.source + copy.length)}
    unused = [run.place + n for run in of.unused for n in range(run.length)]
    assert unused == [n for n in range(500) if n not in used]
    assert of.unused_size == len(unused)
    written = [run.place + n for run in of.literals for n in range(run.length)]
    written += [copy.position + n for copy in copies for n in range(copy.length)]
    assert sorted(written) == list(range(of.size)), "each byte of the file is written once"
    some = [run.place + n for run in within(of.unused, 30, 99) for n in range(run.length)]
    assert some == unused[30:129]
    for copy in copies:
        there = [(n, offset + k) for n, offset, size in of.places(copy.source, copy.length)
                 for k in range(size)]  # fmt: skip
        starts = (0, 100, 100, 350)
        assert [starts[n] + k for n, k in there] == list(
            range(copy.source, copy.source + copy.length)
        )


@given(st.lists(st.tuples(st.text(min_size=1), st.text()), max_size=4))
def test_a_recipe_is_canonical_json(edits: list[tuple[str, str]]) -> None:
    recipe = recipes.Recipe(format=1, edits=tuple(edits))
    value = {"format": 1} | ({"edits": [list(pair) for pair in edits]} if edits else {})
    assert recipes.encode(recipe) == canonical_json.encode(value)


def test_the_prefix_of_recipes_is_what_the_specification_says() -> None:
    text = Path(content_packs.__file__).with_name("FORMAT.md").read_text(encoding="utf-8")
    quoted = text.partition("```\n'{")[2].partition("}'\n")[0]
    assert "{" + quoted.replace("\n", "") + "}" == recipes.PREFIX.decode()
