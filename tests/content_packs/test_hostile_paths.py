"""Paths that would leave the folder, hide, or meet each other on some disk: each refused."""

import pytest

from content_packs.errors import InvalidPath
from content_packs.paths import check_path, check_unique

HOSTILE = {
    "nothing": ("", "it is empty"),
    "an absolute path": ("/etc/passwd", "it is absolute"),
    "the folder above": ("..", "the component '..'"),
    "up and away": ("a/../../etc/passwd", "the component '..'"),
    "the same folder": ("./a", "the component '.'"),
    "a double slash": ("a//b", "an empty component"),
    "a slash at the end": ("a/", "an empty component"),
    "backslashes": ("..\\..\\windows\\win.ini", "the character '\\\\'"),
    "a drive letter": ("C:/boot.ini", "the character ':'"),
    "another stream of a file": ("a.txt:hidden", "the character ':'"),
    "a NUL": ("a\0.png", "U+0000"),
    "a new line": ("a\nb", "U+000A"),
    "an escape sequence for a terminal": ("\x1b[2Ja", "U+001B"),
    "right-to-left override": ("invoice\u202egnp.exe", "U+202E"),
    "a zero-width space": ("pass\u200bwd", "U+200B"),
    "a zero-width joiner": ("a\u200db", "U+200D"),
    "a soft hyphen": ("a\u00adb", "U+00AD"),
    "a line separator": ("a\u2028b", "U+2028"),
    "a private-use character": ("a\ue000", "U+E000"),
    "an unassigned character": ("a\U000e0fff", "U+E0FFF"),
    "a lone surrogate": ("a\ud800", "a lone surrogate"),
    "a decomposed accent": ("cafe\u0301.md", "normal form C"),
    "a device of Windows": ("nul", "a name that Windows reserves"),
    "a device with an extension": ("docs/CON.txt", "a name that Windows reserves"),
    "a device with a superscript": ("com¹.log", "a name that Windows reserves"),
    "a device with a space": ("aux .md", "a name that Windows reserves"),
    "a dot at the end": ("folder./a", "ends with a dot or space"),
    "a space at the end": ("a ", "ends with a dot or space"),
    "a space in front": ("a/ b", "starts with a space"),
    "a wildcard": ("*.md", "the character '*'"),
    "a pipe": ("a|b", "the character '|'"),
    "too long a component": ("a" * 201, "longer than 200 bytes"),
    "too long a component of Chinese": ("分" * 67, "longer than 200 bytes"),
    "too long a path": ("/".join(["a" * 100] * 6), "more than 512"),
    "too deep": ("/".join("a" * 17), "17 deep, more than 16"),
}

MEETING = {
    "upper and lower case": (("A.md", "a.md"), "are the same"),
    "sharp s": (("straße", "STRASSE"), "are the same"),
    "full width": (("ａ.md", "a.md"), "are the same"),
    "a ligature": (("ﬁg.png", "fig.png"), "are the same"),
    "the long s": (("miſs", "miss"), "are the same"),
    "the Kelvin sign": (("\u212a".replace("\u212a", "K") + "1", "k1"), "are the same"),
    "the very same": (("a", "a"), "are the same"),
    "a file that is a folder": (("a", "a/b"), "needs it to be a folder"),
    "a file that is a folder in another case": (("B/c/d", "b"), "needs it to be a folder"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_refused(name: str) -> None:
    path, part = HOSTILE[name]
    with pytest.raises(InvalidPath) as refusal:
        check_path(path, what="the test")
    message = refusal.value.message
    assert part in message
    assert refusal.value.hint
    message.encode()
    shown = message.split("can't be used", 1)[0]
    assert shown.isascii(), "a hostile path is shown escaped, so that it can't fool a reader"
    assert shown.isprintable()


@pytest.mark.parametrize("name", MEETING)
def test_paths_that_meet_are_refused(name: str) -> None:
    found, part = MEETING[name]
    with pytest.raises(InvalidPath, match=part):
        check_unique(found, what="the test")
