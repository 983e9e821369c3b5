"""WebVTT captions: a strict reader that says what is wrong, line by line.

After the W3C's WebVTT, section 4 (syntax). A player is lenient and drops what it can't read, so
that a pupil would miss a sentence: an author hears of it here.
"""

import re
from dataclasses import dataclass

from content_packs.limits import CAPTIONS_CUES_MAX

_TIME = r"(?:([0-9]{2,}):)?([0-5][0-9]):([0-5][0-9])\.([0-9]{3})"
_TIMING = re.compile(rf"{_TIME}[ \t]+-->[ \t]+{_TIME}(?:[ \t]+(.*))?")
_LIKE_SUBRIP = re.compile(r"[0-9:]+,[0-9]{1,3}\s*-->\s*[0-9:]+,[0-9]{1,3}")
_SETTING = re.compile(r"(?:vertical|line|position|size|align|region):\S+")
_EXAMPLE = "00:01.000 --> 00:04.500"


@dataclass(frozen=True)
class Cue:
    """One caption: from `start` to `end` in milliseconds; `line` is that of its times."""

    line: int
    start: int
    end: int
    text: str


@dataclass(frozen=True)
class Problem:
    """What is wrong in a line, and what to do."""

    line: int
    message: str
    hint: str


@dataclass(frozen=True)
class Captions:
    """What was read: the cues that can be shown, and every problem."""

    cues: tuple[Cue, ...]
    problems: tuple[Problem, ...]


def parse(text: str) -> Captions:
    """Return the cues of a WebVTT file and what is wrong with it. Never raises."""
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    problems: list[Problem] = []
    if not re.fullmatch(r"WEBVTT(?:[ \t].*)?", lines[0]):
        problems.append(
            Problem(1, f"starts with {lines[0][:40]!r}", "The first line has to be WEBVTT.")
        )
    cues: list[Cue] = []
    for at, block in _blocks(lines):
        if len(cues) >= CAPTIONS_CUES_MAX:
            problems.append(
                Problem(at, f"more than {CAPTIONS_CUES_MAX} captions", "Split the video.")
            )
            break
        if at > 1 and not re.match(r"(?:NOTE|STYLE|REGION)(?:[ \t]|$)", block[0]):
            cues += _cue(at, block, problems)
    _check_order(cues, problems)
    if not cues and not problems:
        problems.append(Problem(1, "no captions", f"Add times and text:\n{_EXAMPLE}\nHello"))
    return Captions(tuple(cues), tuple(sorted(problems, key=lambda problem: problem.line)))


def _blocks(lines: list[str]) -> list[tuple[int, list[str]]]:
    """Return the runs of lines that aren't blank, each with the number of its first line."""
    blocks: list[tuple[int, list[str]]] = []
    open_block: list[str] = []
    for number, line in enumerate([*lines, ""], 1):
        if line.strip():
            if not open_block:
                blocks.append((number, open_block))
            open_block.append(line)
        else:
            open_block = []
    return blocks


def _cue(at: int, block: list[str], problems: list[Problem]) -> list[Cue]:
    timing = next((n for n, line in enumerate(block[:2]) if "-->" in line), None)
    if timing is None:
        problems.append(
            Problem(at, f"{block[0][:40]!r} has no times", f"Each caption begins with {_EXAMPLE}")
        )
        return []
    line = at + timing
    found = _TIMING.fullmatch(block[timing].strip())
    if found is None:
        problems.append(_bad_timing(line, block[timing]))
        return []
    problems += [
        Problem(line, f"{setting[:40]!r} is no setting", "The text starts on the line below.")
        for setting in (found.group(9) or "").split()
        if not _SETTING.fullmatch(setting)
    ]
    start, end = _milliseconds(found.groups()[:4]), _milliseconds(found.groups()[4:8])
    if end <= start:
        problems.append(Problem(line, "it ends before it begins", "Swap or correct its two times."))
    text = "\n".join(block[timing + 1 :])
    if not text:
        problems.append(
            Problem(line, "a caption without text", "Write the text in the line below its times.")
        )
    if "-->" in text:
        problems.append(
            Problem(line, "two captions without an empty line between", "Put one between them.")
        )
    return [Cue(line, start, end, text)]


def _bad_timing(line: int, found: str) -> Problem:
    if _LIKE_SUBRIP.search(found):
        return Problem(
            line,
            f"times as SubRip (.srt) writes them: {found.strip()[:60]!r}",
            f"Write a point in place of the comma: {_EXAMPLE}",
        )
    return Problem(
        line, f"times that can't be read: {found.strip()[:60]!r}", f"Write them as {_EXAMPLE}"
    )


def _milliseconds(parts: tuple[str | None, ...]) -> int:
    hours, minutes, seconds, thousandths = (int((part or "0")[:9]) for part in parts)
    return ((hours * 60 + minutes) * 60 + seconds) * 1000 + thousandths


def _check_order(cues: list[Cue], problems: list[Problem]) -> None:
    latest = 0
    for cue in cues:
        if cue.start < latest:
            problems.append(
                Problem(
                    cue.line,
                    "it begins before the caption above it does",
                    "Put captions in the order of their times.",
                )
            )
        latest = max(latest, cue.start)
