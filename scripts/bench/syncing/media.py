"""Films, pictures and documents of the made-up course: real H.264, JPEG, PNG and PDF."""

import os
import random
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import imageio_ffmpeg
from fpdf import FPDF
from PIL import Image, ImageDraw

from scripts.bench.syncing.words import Words

_FILM_SIZE, _FILM_RATE = "640x360", 15
_VIDEO_BITS = 600_000  # a second; with the sound about 630,000
_SAME_EACH_TIME = (
    *("-map_metadata", "-1", "-fflags", "+bitexact", "-flags:v", "+bitexact"),
    *("-flags:a", "+bitexact", "-threads", "1"),
)
_PICTURE_SIZE = (800, 600)
_JPEG_QUALITY = 75
_SHEET_PAGES = 12
_SHEET_DATE = datetime(2025, 1, 1, tzinfo=UTC)


def put_film(films: Path, seed: int, seconds: int, out: Path) -> None:
    """Copy the film of a seed to `out`; it is encoded once, and kept in the folder `films`."""
    kept = films / f"cabac-{_FILM_SIZE}-{_VIDEO_BITS}-{seconds}s-{seed}.mp4"
    if not kept.exists():
        films.mkdir(parents=True, exist_ok=True)
        part = kept.with_suffix(f".{os.getpid()}.mp4")
        _encode(seed, seconds, part)
        part.rename(kept)
    shutil.copyfile(kept, out)


def _encode(seed: int, seconds: int, out: Path) -> None:
    """Film a moving test card under noise of its own, with sound."""
    picture = f"testsrc2=s={_FILM_SIZE}:r={_FILM_RATE}:d={seconds}"
    noise = f"hue=h={seed * 37 % 360},noise=all_seed={seed}:alls=14:allf=t"
    sound = f"anoisesrc=seed={seed}:a=0.1:c=pink:r=22050:d={seconds}"
    _ffmpeg(
        *("-f", "lavfi", "-i", f"{picture},{noise}", "-f", "lavfi", "-i", sound),
        *("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "150"),
        # as nearly all films are; without it zstd finds some per cent in them
        *("-coder", "ac"),
        *("-b:v", str(_VIDEO_BITS), "-maxrate", str(_VIDEO_BITS), "-bufsize", "2M"),
        *("-c:a", "aac", "-b:a", "32k", "-ac", "1", "-shortest", *_SAME_EACH_TIME),
        *("-movflags", "+faststart", str(out)),
    )


def remux(film: Path) -> None:
    """Pack the same pictures and sound again, under a title: every place in its index changes."""
    packed = film.with_name("remuxed.mp4")
    _ffmpeg(
        *("-i", str(film), "-c", "copy", *_SAME_EACH_TIME),
        *("-metadata", "title=A film packed again", "-movflags", "+faststart", str(packed)),
    )
    packed.replace(film)


def _ffmpeg(*arguments: str) -> None:
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", *arguments]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)


def write_picture(stem: Path, seed: int) -> None:
    """Write a picture beside `stem`: of four, three are photographs (JPEG), one a drawing (PNG)."""
    chance = random.Random(60_000 + seed)  # noqa: S311 - the same bytes in every run
    small = Image.frombytes("RGB", (40, 30), chance.randbytes(40 * 30 * 3))
    picture = small.resize(_PICTURE_SIZE, Image.Resampling.BICUBIC)
    if seed % 4 != 3:
        grain = Image.frombytes("L", _PICTURE_SIZE, chance.randbytes(800 * 600)).convert("RGB")
        Image.blend(picture, grain, 0.06).save(stem.with_suffix(".jpg"), quality=_JPEG_QUALITY)
        return
    drawing = Image.new("RGB", _PICTURE_SIZE, "white")
    pen = ImageDraw.Draw(drawing)
    for _ in range(150):
        x, y, size = chance.randrange(800), chance.randrange(600), chance.randrange(10, 120)
        pen.ellipse((x, y, x + size, y + size), fill=tuple(chance.randbytes(3)), outline="black")
    drawing.save(stem.with_suffix(".png"), optimize=True)


def write_document(path: Path, seed: int) -> None:
    """Write a worksheet: pages of text and one photograph."""
    words = Words(70_000 + seed)
    photograph = path.with_name("_photograph")
    write_picture(photograph, seed * 4)
    sheet = FPDF()
    sheet.set_creation_date(_SHEET_DATE)
    sheet.set_font("Helvetica", size=11)
    for number in range(_SHEET_PAGES):
        sheet.add_page()
        if number == 0:
            sheet.image(str(photograph.with_suffix(".jpg")), w=120)
        for _ in range(6):
            sheet.multi_cell(0, text=words.paragraph(6), new_x="LMARGIN", new_y="NEXT")
    sheet.output(str(path))
    photograph.with_suffix(".jpg").unlink()
