"""Speaks texts: a program of its own, started by `voice.py`.

Standard input is JSON, `{"voice": "en-us", "rate": 150, "texts": ["…"]}`. Standard output is, for
each text, four bytes of length (big-endian) and that many bytes of sound: 16-bit little-endian
samples, one channel, 22,050 a second.

eSpeak NG keeps state from one utterance to the next, and draws random numbers from the C library:
only a new process says the same text with the same bytes. The library and its voices come from the
wheel `espeakng-loader`; it is used while packs are made and is never part of one.
"""

import ctypes
import json
import struct
import sys
import tempfile
from pathlib import Path

import espeakng_loader

SAMPLES_PER_SECOND = 22_050
_OUTPUT_SYNCHRONOUS = 2
_PARAMETER_RATE = 1
_POSITION_CHARACTER = 1
_TEXT_UTF8 = 1
_SynthCallback = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p
)


def _speak(library: ctypes.CDLL, text: str) -> bytes:
    sound = bytearray()

    def collect(samples: object, count: int, _events: object) -> int:
        if samples and count > 0:
            sound.extend(ctypes.string_at(samples, count * 2))  # type: ignore[arg-type] # a pointer
        return 0

    callback = _SynthCallback(collect)  # kept: the library only points to it
    library.espeak_SetSynthCallback(callback)
    data = text.encode()
    code = library.espeak_Synth(
        data, len(data) + 1, 0, _POSITION_CHARACTER, 0, _TEXT_UTF8, None, None
    )
    if code != 0:
        sys.exit(f"espeak_Synth: error {code}")
    return bytes(sound)


def main() -> None:
    """Read the texts, write their sounds."""
    order = json.load(sys.stdin)
    library = ctypes.CDLL(espeakng_loader.get_library_path())
    with tempfile.TemporaryDirectory() as short:  # the library cuts paths of 160 bytes or more
        Path(short, "espeak-ng-data").symlink_to(espeakng_loader.get_data_path())
        rate = library.espeak_Initialize(_OUTPUT_SYNCHRONOUS, 0, short.encode(), 0)
        if rate != SAMPLES_PER_SECOND:
            sys.exit(f"espeak_Initialize: {rate}")
        if library.espeak_SetVoiceByName(order["voice"].encode()) != 0:
            sys.exit(f"there is no voice {order['voice']!r}")
        library.espeak_SetParameter(_PARAMETER_RATE, order["rate"], 0)
        for text in order["texts"]:
            sound = _speak(library, text)
            sys.stdout.buffer.write(struct.pack(">I", len(sound)) + sound)


if __name__ == "__main__":
    main()
