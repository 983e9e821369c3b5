"""Whatever a folder holds, its cpack gives it back, byte for byte."""

import tempfile
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from content_packs import cpack, packing
from content_packs.limits import MIB
from content_packs.packing import Content
from tests.support.packs import describe, random_bytes
from tests.support.strategies import folders

TYPES = st.sampled_from(["text/html", "image/png", "application/octet-stream", "video/mp4"])
quick = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)  # each example writes and fsyncs files


def _round_trip(folder: dict[str, bytes], types: list[str]) -> None:
    contents = [Content(path, types[n % len(types)], folder[path]) for n, path in enumerate(folder)]
    with tempfile.TemporaryDirectory() as place:
        path = Path(place, "a.cpack")
        packing.make_cpack(describe(()), contents, path)
        first = path.read_bytes()
        packing.make_cpack(describe(()), list(reversed(contents)), path)
        assert path.read_bytes() == first, "the same files in another order are the same pack"
        with cpack.open_cpack(path) as opened:
            cpack.verify(opened)
            cpack.extract(opened, Path(place, "out"))
        out = Path(place, "out")
        found = {p.relative_to(out).as_posix(): p.read_bytes() for p in _files_below(out)}
        assert found == folder


def _files_below(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


@quick
@given(folders(), st.lists(TYPES, min_size=1, max_size=4))
def test_small_files(folder: dict[str, bytes], types: list[str]) -> None:
    _round_trip(folder, types)


@settings(parent=quick, max_examples=8)
@given(st.integers(0, 99), st.integers(-3, 3), st.integers(1, 3), TYPES)
def test_files_around_the_size_of_a_chunk(seed: int, off: int, times: int, kind: str) -> None:
    size = times * MIB + off
    _round_trip({"film": random_bytes(seed, size), "zeros": bytes(size)}, [kind])
