"""Captions as WebVTT (https://www.w3.org/TR/webvtt1/)."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Cue:
    """A text and when it is seen, in milliseconds from the start."""

    start: int
    end: int
    text: str


def write_webvtt(cues: Iterable[Cue]) -> bytes:
    """Return the captions file for `cues`, in their order."""
    blocks = ["WEBVTT\n"]
    for number, cue in enumerate(cues, 1):
        text = cue.text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        blocks.append(f"{number}\n{_time(cue.start)} --> {_time(cue.end)}\n{text}\n")
    return "\n".join(blocks).encode()


def _time(milliseconds: int) -> str:
    seconds, rest = divmod(milliseconds, 1_000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}.{rest:03}"
