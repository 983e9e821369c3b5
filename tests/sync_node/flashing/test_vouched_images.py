"""No card is touched for an image that isn't the right one, whole and vouched for."""

from collections.abc import Callable
from pathlib import Path

import pytest

from content_packs import image_signatures
from content_packs.digests import digest_of
from content_packs.errors import (
    InvalidContent,
    Missing,
    SatchelError,
    Untrusted,
    UsageError,
)
from content_packs.limits import MIB
from sync_node.flashing import images
from tests.support.loops import Loop
from tests.support.protocol import NOON, OTHER_KEY, SERVICE_KEY
from tests.support.small_images import RELEASE, mapped_image, small_image
from tests.support.technicians import Table, card, laptop, loop, table

__all__ = ["card", "laptop", "loop", "small_image", "table"]


def wrong_digest(_: Table) -> dict[str, object]:
    return {"digest": "0" * 64}


def no_digest(_: Table) -> dict[str, object]:
    return {"digest": ""}


def signed_by_a_stranger(table: Table) -> dict[str, object]:
    _sign(table, OTHER_KEY)
    return {"digest": ""}


def signature_of_another_image(table: Table) -> dict[str, object]:
    _sign(table, SERVICE_KEY, b"another map")
    return {"digest": ""}


def no_map(table: Table) -> dict[str, object]:
    images.map_path(table.image.path).unlink()
    return {}


def damaged_map(table: Table) -> dict[str, object]:
    images.map_path(table.image.path).write_bytes(b"{}")
    return {}


def damaged_image(table: Table) -> dict[str, object]:
    with table.image.path.open("r+b") as file:
        file.seek(6 * MIB)
        file.write(b"?")
    return {}


def cut_image(table: Table) -> dict[str, object]:
    with table.image.path.open("r+b") as file:
        file.truncate(20 * MIB)
    return {}


def longer_image(table: Table) -> dict[str, object]:
    with table.image.path.open("ab") as file:
        file.write(bytes(MIB))
    return {}


def no_image(table: Table) -> dict[str, object]:
    table.image.path.unlink()
    return {}


def _sign(table: Table, key: object, data: bytes = b"") -> None:
    place = images.map_path(table.image.path)
    document = image_signatures.sign(data or place.read_bytes(), key, NOON)  # type: ignore[arg-type]
    images.signature_path(place).write_bytes(document)


IMAGES: dict[Callable[[Table], dict[str, object]], tuple[type[SatchelError], str]] = {
    wrong_digest: (Untrusted, "expected 0000"),
    no_digest: (UsageError, "nothing says that this is the right image"),
    signed_by_a_stranger: (Untrusted, "signed by the key"),
    signature_of_another_image: (Untrusted, "signs the map"),
    no_map: (Missing, "there is no map beside it"),
    damaged_map: (InvalidContent, "map.json"),
    damaged_image: (InvalidContent, "its map says"),
    cut_image: (InvalidContent, "its map says"),
    longer_image: (InvalidContent, "has more than the"),
    no_image: (Missing, "there is no such image"),
}


@pytest.mark.parametrize("wrong", IMAGES, ids=lambda wrong: wrong.__name__)
def test_no_card_is_touched_for_an_image_that_is_not_right(
    table: Table, card: Loop, wrong: Callable[[Table], dict[str, object]]
) -> None:
    kind, why = IMAGES[wrong]
    changes = wrong(table)
    table.typed = ["67.1 MB"]
    with pytest.raises(kind, match=why) as refusal:
        table.one(card.device, **{"digest": _digest(table), **changes})
    assert refusal.value.hint
    assert not any(card.file.read_bytes())
    assert not (table.folder / "labels").exists()


def _digest(table: Table) -> str:
    """The digest of whatever map is there: that somebody was told of a wrong one, say."""
    place = images.map_path(table.image.path)
    return digest_of(place.read_bytes()) if place.exists() else "0" * 64


def test_an_image_that_the_seeds_hub_signed_needs_no_digest(table: Table) -> None:
    _sign(table, SERVICE_KEY)
    assert table.one(table.folder / "a.img", digest="").done


def test_an_image_of_something_else_is_refused(tmp_path: Path, table: Table) -> None:
    for number, release in enumerate(("", "system = 0\n", RELEASE.replace("arm64", "riscv"))):
        folder = tmp_path / str(number)
        folder.mkdir()
        table.image = mapped_image(folder, release)
        with pytest.raises(InvalidContent, match=r"release\.toml"):
            table.one(table.folder / "a.img")
