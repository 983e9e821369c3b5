"""The font of slides, pictures and worksheets: one with both Latin and Chinese letters.

Fonts aren't part of this project. Debian packages them; whoever has no right to install a package
can unpack one below `~/.local/share/fonts`.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from PIL import ImageFont

from content_packs.errors import Missing

# The first that is found is taken. Droid Sans Fallback isn't here: it has no Latin letters.
_FONTS = (
    ("wqy-microhei.ttc", 0),
    ("NotoSansCJK-Regular.ttc", 2),  # the face for simplified Chinese
    ("NotoSansCJKsc-Regular.otf", 0),
)
_FOLDERS = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"))


@dataclass(frozen=True)
class Font:
    """A font file, and the number of the face in it."""

    path: Path
    face: int


@cache
def find_font() -> Font:
    """Return the font to draw with. Raises `Missing` where the machine has none."""
    folders = (*_FOLDERS, Path.home() / ".local/share/fonts", Path.home() / ".fonts")
    for name, face in _FONTS:
        for folder in folders:
            found = sorted(folder.rglob(name)) if folder.is_dir() else []
            if found:
                return Font(found[0], face)
    raise Missing(
        "no font with Chinese letters: looked for "
        + ", ".join(name for name, _ in _FONTS)
        + " in "
        + ", ".join(str(folder) for folder in folders),
        hint="On Debian: apt install fonts-wqy-microhei",
    )


@cache
def sized(pixels: int) -> ImageFont.FreeTypeFont:
    """Return the font at a size in pixels. Raises `Missing`."""
    font = find_font()
    return ImageFont.truetype(font.path, pixels, index=font.face)
