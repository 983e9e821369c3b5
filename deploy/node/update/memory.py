"""What root remembers of updates, on the boot partition: `satchel/update.json`, and the root.

    update.json   which system is ready in the other slot, how often it was asked to start, which
                  versions failed, and the newest metadata by which a system was written
    root.json     the newest root that was believed. At first it is the one of the card's seed

A file that can't be read counts as empty: then a system is written again, or a failed one is tried
once more. Nothing that starts the box depends on it.
"""

import base64
import json
from pathlib import Path
from typing import Any, NamedTuple

from deploy.node.update import files, signed, trust
from deploy.node.update.faults import Invalid, Missing, UpdateError
from deploy.node.update.limits import (
    FAILED_MAX,
    MEMORY_BYTES_MAX,
    ROOT_BYTES_MAX,
    SEED_BYTES_MAX,
)
from deploy.node.update.manifest import SLOTS
from deploy.node.update.trust import Seen, Wanted

FOLDER = "satchel"
NAME = "update.json"
ROOT = "root.json"
SEED = "seed.json"
FORMAT = 1


class Ready(NamedTuple):
    """A system that is whole in `slot`. `starts`: how often the box was started to try it."""

    wanted: Wanted
    slot: str
    starts: int = 0


class Memory(NamedTuple):
    """All of it. `failed`: the versions that didn't serve, and why, the newest last."""

    ready: Ready | None = None
    failed: tuple[tuple[int, str], ...] = ()
    seen: Seen = Seen()

    def has_failed(self, version: int) -> bool:
        """Say whether a version was tried and didn't serve."""
        return any(version == each for each, _ in self.failed)

    def with_failure(self, version: int, why: str) -> "Memory":
        """Return the memory with one more version that isn't tried again."""
        others = tuple(each for each in self.failed if each[0] != version)
        return self._replace(ready=None, failed=(*others, (version, why))[-FAILED_MAX:])


def load(boot: Path) -> Memory:
    """Return what is remembered; nothing where it can't be read."""
    try:
        plain = signed.read_json(files.read(boot / FOLDER / NAME, MEMORY_BYTES_MAX), what=NAME)
        return _memory(plain)
    except UpdateError:
        return Memory()


def save(boot: Path, memory: Memory) -> None:
    """Remember it, durably. Raises `Failed`."""
    plain: dict[str, Any] = {"format": FORMAT, "failed": [list(each) for each in memory.failed]}
    plain["seen"] = list(memory.seen)
    if memory.ready:
        pack, version, manifest = memory.ready.wanted
        plain["ready"] = {
            "pack": pack, "version": version, "manifest": manifest, "slot": memory.ready.slot,
            "starts": memory.ready.starts,
        }  # fmt: skip
    files.make_folder(boot / FOLDER)
    files.write(boot / FOLDER / NAME, json.dumps(plain, indent=1).encode() + b"\n")


def pinned_root(boot: Path) -> bytes:
    """Return the root that this box trusts, pinned now if it is the first time.

    Raises `Missing` where neither a root nor a seed is on the card, `Invalid`, `Untrusted`,
    `Failed`.
    """
    path = boot / FOLDER / ROOT
    try:
        root = files.read(path, ROOT_BYTES_MAX)
        trust.check_pinned(root, what=str(path))
    except (Missing, Invalid):
        root = _root_of_seed(boot / FOLDER / SEED)
        trust.check_pinned(root, what=SEED)
        pin(boot, root)
    return root


def pin(boot: Path, root: bytes) -> None:
    """Trust a root, and those that follow it, from now on. Raises `Failed`."""
    path = boot / FOLDER / ROOT
    files.make_folder(path.parent)
    try:
        if files.read(path, ROOT_BYTES_MAX) == root:
            return
    except (Missing, Invalid):
        pass
    files.write(path, root)


def _root_of_seed(path: Path) -> bytes:
    """Return the root that a card's seed brings (content_packs/card_seeds.py).

    Whoever can write the boot partition can start anything: the seed's signature adds nothing here.
    """
    try:
        envelope = signed.read_json(files.read(path, SEED_BYTES_MAX), what=str(path))
    except Missing as error:
        raise Missing(
            f"{path}: isn't there, so this box has no root to trust for systems; put the hub's "
            f"N.root.json beside it as {ROOT}"
        ) from error
    try:
        payload = base64.b64decode(signed.text(envelope, "payload", what=str(path)), validate=True)
        seed = signed.read_json(payload, what=str(path))
        return base64.b64decode(signed.text(seed, "root", what=str(path)), validate=True)
    except (ValueError, AttributeError) as error:
        raise Invalid(f"{path}: is no seed: {error}") from error


def _memory(plain: Any) -> Memory:
    """Return what a file says. Raises `Invalid`."""
    if not isinstance(plain, dict) or plain.get("format") != FORMAT:
        raise Invalid(f"{NAME}: isn't of format {FORMAT}")
    tried = plain.get("failed")
    failed = tuple(
        (each[0], each[1])
        for each in (tried if isinstance(tried, list) else ())
        if isinstance(each, list)
        and len(each) == 2
        and isinstance(each[0], int)
        and isinstance(each[1], str)
    )
    seen = plain.get("seen")
    if not (isinstance(seen, list) and len(seen) == 2 and all(isinstance(n, int) for n in seen)):
        seen = [0, 0]
    ready = None
    if "ready" in plain:
        found = signed.table(plain, "ready", what=NAME)
        wanted = Wanted(
            signed.text(found, "pack", what=NAME),
            signed.number(found, "version", what=NAME),
            signed.text(found, "manifest", what=NAME),
        )
        slot = signed.text(found, "slot", what=NAME)
        if slot not in SLOTS:
            raise Invalid(f"{NAME}: slot {slot!r}")
        ready = Ready(wanted, slot, signed.number(found, "starts", what=NAME))
    return Memory(ready, failed, Seen(*seen))
