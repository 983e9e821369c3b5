"""Tiny real media, made by a real encoder once per run."""

import subprocess
import tempfile
from functools import cache
from io import BytesIO
from pathlib import Path

import imageio_ffmpeg
import pypdfium2
from PIL import Image

_PICTURES = "testsrc=size={width}x{height}:rate=10:duration={seconds}"
_SOUND = "sine=frequency=440:duration={seconds}"


def _encode(name: str, *arguments: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / name
        subprocess.run(
            [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", *arguments, str(out)],
            check=True,
            stdin=subprocess.DEVNULL,
        )
        return out.read_bytes()


@cache
def mp4(
    *,
    width: int = 64,
    height: int = 36,
    seconds: int = 1,
    faststart: bool = True,
    codec: str = "libx264",
    sound: bool = True,
) -> bytes:
    """Return a film of a test picture and a tone."""
    inputs = ["-f", "lavfi", "-i", _PICTURES.format(width=width, height=height, seconds=seconds)]
    if sound:
        inputs += ["-f", "lavfi", "-i", _SOUND.format(seconds=seconds), "-c:a", "aac"]
    flags = ["-movflags", "+faststart"] if faststart else []
    video = ["-c:v", codec, "-pix_fmt", "yuv420p"]
    return _encode("film.mp4", *inputs, *video, *flags)


@cache
def webm() -> bytes:
    """Return a film of 64 × 36 as WebM with VP8."""
    source = _PICTURES.format(width=64, height=36, seconds=1)
    return _encode("film.webm", "-f", "lavfi", "-i", source, "-c:v", "libvpx")


@cache
def sound(name: str, codec: str) -> bytes:
    """Return two seconds of a tone; `name`'s extension says the container."""
    return _encode(name, "-f", "lavfi", "-i", _SOUND.format(seconds=2), "-c:a", codec)


@cache
def picture(kind: str = "PNG", width: int = 8, height: int = 6) -> bytes:
    """Return a picture of one colour."""
    out = BytesIO()
    Image.new("RGB", (width, height), (200, 120, 40)).save(out, kind)
    return out.getvalue()


@cache
def pdf(pages: int = 1) -> bytes:
    """Return a PDF of empty pages."""
    document = pypdfium2.PdfDocument.new()
    for _ in range(pages):
        document.new_page(200, 200)
    out = BytesIO()
    document.save(out)
    document.close()
    return out.getvalue()
