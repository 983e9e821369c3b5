"""The file of receipts beside the labels: which seed was written onto which card."""

from pathlib import Path

from content_packs import card_receipts, durable
from content_packs.card_receipts import CardReceipt
from content_packs.errors import InvalidContent, StorageFailed, UsageError
from content_packs.limits import CARD_RECEIPTS_BYTES_MAX

_BEGINNING = b'{"at":"'  # of a line, also of one that was cut


def check_place(file: Path) -> None:
    """Raise `UsageError` where the folder of a file to be written isn't there."""
    if not file.parent.is_dir():
        raise UsageError(f"{file}: there is no folder {file.parent}", hint="Make it first.")


def read(file: Path) -> list[CardReceipt]:
    """Return the receipts in a file, none where it isn't there.

    Raises `InvalidContent`, `StorageFailed`.
    """
    return card_receipts.read(_whole(file), what=str(file))


def written(receipts: list[CardReceipt], seed: str) -> CardReceipt | None:
    """Return the newest receipt of a card that was written with the seed of this digest."""
    found = [each for each in receipts if each.seed == seed and each.result == "written"]
    return found[-1] if found else None


def add(file: Path, receipt: CardReceipt) -> None:
    """Add a receipt, durably; a line that a cut left half goes. Raises `StorageFailed`."""
    data = _whole(file) + card_receipts.line_of(receipt)
    if len(data) > CARD_RECEIPTS_BYTES_MAX:
        raise InvalidContent(
            f"{file}: is full", hint="Take it to the hub, and begin another with --receipts."
        )
    durable.write(file, data)


def _whole(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            data = opened.read(CARD_RECEIPTS_BYTES_MAX + 1)
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise StorageFailed(f"{file}: can't be read: {error.strerror}") from error
    whole = card_receipts.whole_part(data)
    if not data[len(whole) :].startswith(_BEGINNING[: len(data) - len(whole)]):
        raise InvalidContent(
            f"{file}: is no file of receipts",
            hint="Nothing was written to it. Name another one: --receipts FILE",
        )
    return whole
