"""The narrator's voice: text in, sound out; the same text gives the same bytes."""

import json
import struct
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from content_packs.errors import InvalidContent, Missing

SAMPLES_PER_SECOND = 22_050
BYTES_PER_SAMPLE = 2
_NARRATOR = Path(__file__).with_name("narrator.py")
_NARRATION_SECONDS_MAX = 120  # waiting for the narrator; it needs far less than one
# The voice and how fast it speaks, in words a minute. Mandarin is counted by syllables.
_VOICES = {"en": ("en-us", 150), "zh": ("cmn", 215)}
LANGUAGES = tuple(_VOICES)


def speak(language: str, texts: Sequence[str]) -> list[bytes]:
    """Return the sound of each text: 16-bit samples, one channel, 22,050 a second.

    Raises `InvalidContent` for a language without a voice, `Missing` where the voice fails.
    """
    if language not in _VOICES:
        raise InvalidContent(
            f"there is no voice for the language {language!r}",
            hint=f"There are voices for {', '.join(LANGUAGES)}.",
        )
    voice, rate = _VOICES[language]
    try:
        done = _narrate(voice, rate, texts)
    except OSError as error:
        raise Missing(
            f"the narrator can't be started: {error.strerror}",
            hint=f"Check that this user may run {sys.executable}",
        ) from error
    if done.returncode != 0:
        last = done.stderr.decode(errors="replace").strip().rpartition("\n")[2]
        raise Missing(
            f"the narrator's voice can't speak: {last[:200]}",
            hint="Install what the samples need: pip install 'satchel[samples]'",
        )
    return _take_apart(done.stdout)


def _narrate(voice: str, rate: int, texts: Sequence[str]) -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run(
        [sys.executable, "-P", str(_NARRATOR)],
        input=json.dumps({"voice": voice, "rate": rate, "texts": list(texts)}).encode(),
        capture_output=True,
        check=False,
        timeout=_NARRATION_SECONDS_MAX,
    )


def seconds_of(sound: bytes) -> float:
    """Return how long a sound lasts."""
    return len(sound) / (SAMPLES_PER_SECOND * BYTES_PER_SAMPLE)


def _take_apart(output: bytes) -> list[bytes]:
    sounds, at = [], 0
    while at < len(output):
        (length,) = struct.unpack_from(">I", output, at)
        sounds.append(output[at + 4 : at + 4 + length])
        at += 4 + length
    return sounds
