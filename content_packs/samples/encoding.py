"""Pictures and sound become MP4 files that every phone plays: H.264 and AAC, by ffmpeg.

ffmpeg comes in the wheel `imageio-ffmpeg`. It runs on one thread and writes neither times nor its
version, so that the same pictures and sound give the same bytes.
"""

import contextlib
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import imageio_ffmpeg
from PIL import Image

from content_packs import durable
from content_packs.errors import Missing
from content_packs.samples import slides, voice

FRAMES_PER_SECOND = 5
_KEYFRAME_SECONDS = 2  # a player seeks to these
_RENDITIONS = (("480p", 30), ("240p", 31))  # name, x264's constant rate factor
_SMALL = "426:240"
_SOUND_INPUT = ("-f", "s16le", "-ar", str(voice.SAMPLES_PER_SECOND), "-ac", "1", "-i")
_SOUND_CODEC = ("-c:a", "aac", "-b:a", "32k")
# From RGB to Y, Cb and Cr in the range of video (ITU-R BT.601).
_Y = (0.25679, 0.50413, 0.09791, 16)
_CB = (-0.14822, -0.29099, 0.43922, 128)
_CR = (0.43922, -0.36779, -0.07143, 128)


def frame_of(picture: Image.Image) -> bytes:
    """Return a picture as a frame that `encode` takes (planar YUV, colours at half the size)."""
    y, cb, cr = (picture.convert("L", matrix) for matrix in (_Y, _CB, _CR))
    return y.tobytes() + cb.reduce(2).tobytes() + cr.reduce(2).tobytes()


def encode(frames: Iterable[bytes], sound: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield the renditions of a film: name and bytes. Raises `Missing` where ffmpeg fails."""
    with tempfile.TemporaryDirectory() as folder:
        raw, coded = Path(folder, "sound.pcm"), Path(folder, "sound.m4a")
        durable.write(raw, sound)
        _run([*_SOUND_INPUT, str(raw), *_SOUND_CODEC, *_NOTHING_ELSE, str(coded)], ())
        outputs = {name: Path(folder, f"{name}.mp4") for name, _ in _RENDITIONS}
        _run(_film(coded, list(outputs.values())), frames)
        for name, output in outputs.items():
            yield name, output.read_bytes()


def _run(arguments: list[str], frames: Iterable[bytes]) -> None:
    """Start ffmpeg and give it the frames one by one: all of them would fill the memory."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", "-filter_complex_threads", "1"]
    with tempfile.TemporaryFile() as said:
        with subprocess.Popen(
            [*command, *arguments], stdin=subprocess.PIPE, stderr=said
        ) as process:
            assert process.stdin is not None  # noqa: S101 # as asked for above
            with contextlib.suppress(BrokenPipeError):  # ffmpeg ended early, and says why
                for frame in frames:
                    process.stdin.write(frame)
                process.stdin.close()
        if process.returncode != 0:
            said.seek(0)
            raise Missing(
                f"ffmpeg can't encode: {said.read().decode(errors='replace')[-300:]}",
                hint="Install what the samples need: pip install 'satchel[samples]'",
            )


_NOTHING_ELSE = (
    *("-map_metadata", "-1", "-fflags", "+bitexact", "-flags:v", "+bitexact"),
    *("-flags:a", "+bitexact", "-movflags", "+faststart", "-threads", "1"),
)


def _film(sound: Path, outputs: list[Path]) -> list[str]:
    size = f"{slides.WIDTH}x{slides.HEIGHT}"
    arguments = ["-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", size]
    arguments += ["-r", str(FRAMES_PER_SECOND), "-i", "pipe:0", "-i", str(sound)]
    scale = f"scale={_SMALL}:flags=area+accurate_rnd+bitexact"
    arguments += ["-filter_complex", f"[0:v]split[v0][s];[s]{scale}[v1]"]
    for number, ((_, factor), output) in enumerate(zip(_RENDITIONS, outputs, strict=True)):
        arguments += ["-map", f"[v{number}]", "-map", "1:a", "-c:a", "copy", "-shortest"]
        arguments += ["-c:v", "libx264", "-preset", "veryfast", "-tune", "stillimage"]
        arguments += ["-crf", str(factor), "-profile:v", "main", "-pix_fmt", "yuv420p"]
        arguments += ["-g", str(_KEYFRAME_SECONDS * FRAMES_PER_SECOND)]
        arguments += [*_NOTHING_ELSE, str(output)]
    return arguments
