"""The style sheet: readable by WCAG 2.2 AA in light and dark, and light itself."""

import re
from pathlib import Path

import pytest

import sync_node.lan

STYLE = Path(sync_node.lan.__file__).parent / "static" / "site.css"
STYLE_BYTES_MAX = 24_000
TEXT_CONTRAST_MIN = 4.5  # 1.4.3
PAIRS = [
    ("ink", "paper"), ("ink", "card"), ("soft", "paper"), ("soft", "card"), ("link", "paper"),
    ("link", "card"), ("good", "good-tint"), ("try", "try-tint"), ("strong", "paper"),
    ("strong", "card"), ("strong", "tint"), ("ink", "tint"), ("on-bright", "bright"),
]  # fmt: skip


def _tokens(text: str) -> dict[str, str]:
    return dict(re.findall(r"--([a-z-]+): (#[0-9a-f]+);", text))


def _schemes() -> dict[str, dict[str, str]]:
    """Return the tokens of each subject's colour, in light and dark."""
    text = STYLE.read_text(encoding="utf-8")
    head, rest = text.split("@media screen and (prefers-color-scheme: dark) {", 1)
    dark = rest.split("\n}", 1)[0]
    found = {}
    for name, part in (("light", head), ("dark", dark)):
        base = _tokens(part.split(".sun", 1)[0])
        found[name] = base
        for hue, body in re.findall(r"\.([a-z]+) \{([^}]*)\}", part):
            found[f"{name} {hue}"] = base | _tokens(body)
    return found


def _luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(c * 2 for c in colour[1:])
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("scheme", _schemes())
@pytest.mark.parametrize("pair", PAIRS, ids="-".join)
def test_text_stands_out(scheme: str, pair: tuple[str, str]) -> None:
    tokens = _schemes()[scheme]
    brighter, darker = sorted((_luminance(tokens[name]) for name in pair), reverse=True)
    assert (brighter + 0.05) / (darker + 0.05) >= TEXT_CONTRAST_MIN


def test_every_subject_has_both_schemes() -> None:
    names = [name.split() for name in _schemes() if " " in name]
    assert len(names) == 12
    assert {hue for scheme, hue in names if scheme == "light"} == {
        hue for scheme, hue in names if scheme == "dark"
    }


def test_the_style_sheet_is_light_and_asks_nobody() -> None:
    text = STYLE.read_text(encoding="utf-8")
    assert len(text.encode()) < STYLE_BYTES_MAX
    assert "url(" not in text
    assert "@import" not in text


def test_boxes_turn_with_the_direction_of_writing() -> None:
    """`left` and `right` would stay where they are in a page written from right to left."""
    text = STYLE.read_text(encoding="utf-8")
    sided = re.findall(r"(?:margin|padding|border)-(?:left|right)|text-align: (?:left|right)", text)
    assert sided == []
