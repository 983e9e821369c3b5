"""A path that is accepted can be joined below a folder anywhere, and meets no other."""

import unicodedata
from pathlib import PurePosixPath, PureWindowsPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content_packs.errors import InvalidPath
from content_packs.limits import PATH_BYTES_MAX, PATH_COMPONENT_BYTES_MAX, PATH_DEPTH_MAX
from content_packs.paths import check_path, check_unique, folded, problem_with
from tests.support.strategies import any_paths, paths


@given(paths)
def test_an_accepted_path_stays_below_the_folder_it_is_joined_to(path: str) -> None:
    posix = PurePosixPath("/box/store") / path
    assert posix.is_relative_to("/box/store")
    assert ".." not in posix.parts
    assert str(posix) == f"/box/store/{path}"
    windows = PureWindowsPath("C:\\box") / path
    assert windows.drive == "C:"
    assert windows.is_relative_to("C:\\box")
    assert not windows.is_reserved()
    assert len(windows.parts) == len(posix.parts) - 1


@given(any_paths)
def test_a_path_is_accepted_as_it_is_or_not_at_all(path: str) -> None:
    if problem_with(path) is None:
        assert check_path(path, what="test") == path
        assert unicodedata.normalize("NFC", path) == path
        path.encode()
    else:
        with pytest.raises(InvalidPath, match="can't be used"):
            check_path(path, what="test")


@given(st.text())
def test_folding_reaches_a_fixed_point(text: str) -> None:
    once = folded(text)
    assert folded(once) == once
    assert unicodedata.normalize("NFKC", once).casefold() == once


@given(st.lists(paths, max_size=6))
def test_unique_paths_meet_on_no_file_system(found: list[str]) -> None:
    keys = [folded(path) for path in found]
    alone = len(set(keys)) == len(keys) and not any(
        one != other and other.startswith(one + "/") for one in keys for other in keys
    )
    if alone:
        check_unique(found, what="test")
    else:
        with pytest.raises(InvalidPath):
            check_unique(found, what="test")


def test_the_longest_and_deepest_paths_pass() -> None:
    component = "a" * PATH_COMPONENT_BYTES_MAX
    assert problem_with(component) is None
    assert problem_with("/".join("a" for _ in range(PATH_DEPTH_MAX))) is None
    longest = f"{component}/{component}/" + "b" * (PATH_BYTES_MAX - 2 * len(component) - 2)
    assert len(longest) == PATH_BYTES_MAX
    assert problem_with(longest) is None


@pytest.mark.parametrize(
    "path",
    ["分数/认识.md", "ཤེས་ཡོན.html", "mathé.pdf", "console.txt", "a.b.c", "-", "_x", "CONtact"],
)
def test_ordinary_names_of_schools_pass(path: str) -> None:
    assert problem_with(path) is None
