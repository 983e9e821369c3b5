"""What many texts have changed alike is found, and nothing else is."""

import random
import subprocess
import sys

from hypothesis import given
from hypothesis import strategies as st

from content_packs.delta_edits import common_edits, differences

LINES = st.lists(st.sampled_from([b"a", b"b", b"c", b"</p>", b"", b"d e"]), max_size=12)


def texts(count: int) -> list[bytes]:
    return [
        b"<head>\n"
        + random.Random(n).randbytes(40).hex().encode()
        + b"\n</p>\n<footer>old</footer>"
        for n in range(count)
    ]


@given(LINES, LINES)
def test_differences_say_all_that_differs(before: list[bytes], after: list[bytes]) -> None:
    made: list[bytes] = []
    at = 0
    for start, end, new_start, new_end in differences(before, after):
        made += before[at:start] + after[new_start:new_end]
        at = end
    assert made + before[at:] == after


def test_a_changed_line_is_one_edit() -> None:
    pairs = [(text, text.replace(b"old", b"new and longer")) for text in texts(40)]
    (edit,) = common_edits(pairs)
    assert all(old.replace(*edit) == new for old, new in pairs)
    assert len(edit[0]) < 25


def test_a_line_put_in_and_one_taken_away() -> None:
    pairs = [
        (text, text.replace(b"<head>", b"<head>\n<meta>").replace(b"</p>\n", b""))
        for text in texts(40)
    ]
    edits = common_edits(pairs)
    for old, new in pairs:
        edited = old
        for edit in edits:
            edited = edited.replace(*edit)
        assert edited == new


def test_what_changed_in_a_few_texts_is_no_edit() -> None:
    pairs = [(text, text) for text in texts(40)]
    pairs[7] = (pairs[7][0], pairs[7][0].replace(b"old", b"new"))
    assert common_edits(pairs) == []
    assert common_edits([]) == []
    changed = [(text, random.Random(n).randbytes(90)) for n, text in enumerate(texts(40))]
    assert common_edits(changed) == []


def test_what_most_texts_kept_is_no_edit() -> None:
    """The edit would change them back and forth."""
    pairs = [(text, text) for text in texts(40)]
    pairs[:6] = [(old, old.replace(b"old", b"new")) for old, _ in pairs[:6]]
    assert common_edits(pairs) == []


def test_bytes_that_are_no_text_are_no_edit() -> None:
    pairs = [(text + b"\n\xff\xfe", text + b"\n\xfe\xff") for text in texts(40)]
    assert common_edits(pairs) == []


FIND = """
from content_packs.delta_edits import common_edits
texts = [b"<head>\\n<style>of everything: old</style>\\n%d\\n<p>and a footer: old</p>\\n" % n
         for n in range(100, 140)]
print(common_edits([(text, text.replace(b"old", b"new")) for text in texts]))
"""


def test_every_process_finds_the_same() -> None:
    """What many edits are as good for mustn't go by how this process happens to hash."""
    found = {
        subprocess.run(
            [sys.executable, "-c", FIND], env={"PYTHONHASHSEED": seed},
            check=True, capture_output=True,
        ).stdout
        for seed in ("1", "2", "3", "4")
    }  # fmt: skip
    assert len(found) == 1
