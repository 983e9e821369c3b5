"""What tests of rotations do again and again."""

from pathlib import Path

from content_packs import key_files
from hub import taking_over
from hub.edition import read_edition
from hub.hub import Hub
from hub.keyring import making
from hub.keyring.drafts import NOTHING, Changes
from hub.keyring.installing import Installed, install
from hub.keyring.offline import sign_draft
from hub.keyring.rotating import export_unsigned


def named(hub: Hub, role: str) -> list[str]:
    return taking_over.in_force(read_edition(hub.data.metadata))[role]


def two_of(folder: Path) -> list[Path]:
    return [folder / "root-1.pem", folder / "root-3.pem"]


def ceremony(hub: Hub, draft: Path, *keys: Path, changes: Changes = NOTHING) -> Installed:
    export_unsigned(hub, "root", draft, changes)
    sign_draft(draft, keys, None)
    return install(hub, draft)


def keyid_in(path: Path) -> str:
    from_file = key_files.signing_from(path.read_bytes(), None, what=str(path))
    return making.keyid_in_metadata(from_file)
