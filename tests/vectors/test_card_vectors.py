"""A seed and receipts of version 1 that never change: cards made in 2026 stay readable.

Their keys are those of tests/support/protocol.py and tests/support/cards.py.
"""

from pathlib import Path

from content_packs import card_receipts
from content_packs.card_receipts import PreloadedPack
from content_packs.card_seeds import SeedHub, Wifi, open_seed

VECTORS = Path(__file__).parent / "v1" / "protocol"


def kept(name: str) -> bytes:
    return (VECTORS / name).read_bytes()


def test_the_seed_of_a_card() -> None:
    found = open_seed(kept("card-seed.json"))
    assert found.fingerprint == "4SZ0-7KMZ-8K55-FX58"
    seed = found.seed
    assert (seed.card, seed.school, seed.school_title, seed.node) == (17, "qamdo", "昌都小学", "")
    assert seed.hubs == (SeedHub(address="https://hub.example/", metered=True),)
    assert seed.wifi == Wifi(name="昌都小学 Satchel", passphrase="eight or more", country="CN")
    assert (seed.wifi.mode, seed.wifi.captive) == ("built-in", True)
    assert (seed.code, seed.technician_code, seed.teacher_code) == (
        "EDGQ8RV8CNX", "0123456789AB", "CDEFGHJKMNPQ",
    )  # fmt: skip
    assert (seed.channels, seed.language, seed.time_zone) == (
        ("main", "maths"), "zh", "Asia/Shanghai",
    )  # fmt: skip


def test_the_receipts_of_two_cards() -> None:
    written, failed = card_receipts.read(kept("card-receipts.jsonl"))
    assert written.seed == open_seed(kept("card-seed.json")).digest
    assert (written.result, written.system, written.satchel) == ("written", 3, "0.1.0")
    assert written.packs == (PreloadedPack(pack="grade4-maths", version=2),)
    assert (written.device.size, written.device.serial) == (31_914_983_424, "0x1f2e3d4c")
    assert (failed.result, failed.trouble) == ("failed", "sector 1024 reads back otherwise")
    assert failed.node == "qamdo-7"
