"""What is known about a media file, and a reader that can't be made to read too much."""

from dataclasses import dataclass
from typing import BinaryIO

from content_packs.errors import InvalidContent
from content_packs.limits import MEDIA_DESCRIPTION_BYTES_MAX


@dataclass(frozen=True)
class Track:
    """One track: `kind` is `video`, `audio` or `other`; `codec` as the container names it."""

    kind: str
    codec: str
    width: int = 0
    height: int = 0


@dataclass(frozen=True)
class MediaFacts:
    """A media file: `container` is `mp4`, `webm`, `ogg` or `mp3`; `seconds` 0 when not said.

    `plays_while_loading`: what a player needs first stands before the content.
    """

    container: str
    seconds: float
    tracks: tuple[Track, ...]
    plays_while_loading: bool = True

    @property
    def has_video(self) -> bool:
        """Say whether there are pictures in it."""
        return any(track.kind == "video" for track in self.tracks)

    @property
    def height(self) -> int:
        """The height of the tallest video track in pixels, 0 if there is none."""
        return max((track.height for track in self.tracks), default=0)


class Reader:
    """Reads at offsets within `size` bytes, `MEDIA_DESCRIPTION_BYTES_MAX` in all."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file = file
        self.size = size
        self._left = MEDIA_DESCRIPTION_BYTES_MAX

    def at(self, offset: int, count: int) -> bytes:
        """Return exactly `count` bytes from `offset`. Raises `InvalidContent`."""
        if offset < 0 or count < 0 or offset + count > self.size:
            raise InvalidContent(
                f"cut off: {count} bytes are missing at byte {offset} of {self.size}",
                hint="Copy or export the file again.",
            )
        self._left -= count
        if self._left < 0:
            raise InvalidContent("the description of its tracks is larger than any real one")
        self._file.seek(offset)
        data = self._file.read(count)
        if len(data) != count:
            raise InvalidContent(f"changed while it was read, at byte {offset}")
        return data
