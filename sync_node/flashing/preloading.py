"""Packs that are on a card from the first start on: the content of a data directory, made here.

A node of its own is made on the laptop, trusts the seed's root, and syncs as any node would: from a
courier's stick, a folder that holds a repository, or a hub. What it verified goes onto the card:

```
trust/       metadata      manifests/   what the packs hold      store/   their files
```
and nothing of the laptop's: no node.toml, no key, no database. The box's first start takes it over,
as `init` does with any store, and makes node.db from it.
"""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from content_packs import durable
from content_packs.card_receipts import PreloadedPack
from content_packs.card_seeds import CardSeed
from content_packs.errors import Missing, UsageError
from content_packs.names import check_name
from sync_node import initialising, status
from sync_node.box_clock import system_clock
from sync_node.config import FORMAT, Config, PeersConfig, SourceConfig
from sync_node.data_dir import DataDir
from sync_node.database import reading_database
from sync_node.disk import disk_free
from sync_node.flashing.limits import CARD_PRELOADS_MAX
from sync_node.hub_address import PIN_PREFIX
from sync_node.progress_file import Running
from sync_node.status import PackStatus
from sync_node.syncing import box_clock, sync_once

_KEPT = ("trust", "manifests", "store")
_AUTHORITY = "authority.pem"
_LAST_IN_ROLLOUTS = 99  # what only a share of all nodes is to have isn't preloaded
_HINT = (
    "Write what it is called at the hub, such as grade4-maths. Is it released on one of these "
    "channels (hub release)? A stick is made by hub courier write."
)


@dataclass(frozen=True)
class Preloaded:
    """What `tree` holds: the content of a card's data partition."""

    tree: Path
    packs: tuple[PreloadedPack, ...]


def check_names(packs: Sequence[str]) -> None:
    """Raise `UsageError` for too many, `InvalidContent` for what can't be the name of a pack."""
    if len(packs) > CARD_PRELOADS_MAX:
        raise UsageError(f"{len(packs)} packs to preload, more than {CARD_PRELOADS_MAX}")
    for pack in packs:
        check_name(pack, what="a pack to preload")


def preload(
    seed: CardSeed,
    packs: Sequence[str],
    place: str,
    tree: Path,
    *,
    progress: Callable[[Running], None],
) -> Preloaded:
    """Sync these packs from `place`, a folder or a hub's address, into the new folder `tree`.

    Raises `Missing` where one isn't offered there or isn't whole, and what a sync raises: above all
    `Untrusted` for what the seed's hub didn't sign.
    """
    check_names(packs)
    data_dir = DataDir(tree)
    durable.make_folder(tree, mode=0o750)
    wanted = Config(
        FORMAT,
        (source_of(seed, place, tree),),
        seed.channels,
        _LAST_IN_ROLLOUTS,
        packs=tuple(packs),
        couriers=(),
        peers=PeersConfig(offer=False, find=False),
    )
    initialising.initialise(data_dir, seed.root_bytes, wanted, now=system_clock())
    tick = sync_once(data_dir, progress=progress, unbound=True)
    if tick.trouble:
        raise tick.trouble
    found = {each.pack: each for each in _statuses(data_dir, wanted)}
    done = tuple(_whole(found.get(pack), pack, place) for pack in sorted(set(packs)))
    for entry in tree.iterdir():
        if entry.name in _KEPT:
            continue
        if entry.is_dir():
            shutil.rmtree(entry)
        else:
            entry.unlink()
    return Preloaded(tree, done)


def source_of(seed: CardSeed, place: str, tree: Path) -> SourceConfig:
    """Return the source that a person called `place`; what a hub's needs is put into `tree`.

    Raises `Missing` for a folder that isn't there.
    """
    if not place.startswith(("http://", "https://")):
        folder = Path(place).absolute()
        if not folder.is_dir():
            raise Missing(
                f"{place}: there is no such folder",
                hint="--from names a courier's stick, a folder with a repository, or a hub's "
                "address.",
            )
        return SourceConfig(folder=str(folder))
    for hub in seed.hubs:
        if hub.address.rstrip("/") == place.rstrip("/") and hub.authority:
            if hub.authority.startswith(PIN_PREFIX):
                return SourceConfig(hub=place, ca=hub.authority)
            durable.write(tree / _AUTHORITY, hub.authority.encode())
            return SourceConfig(hub=place, ca=_AUTHORITY)
    return SourceConfig(hub=place)


def _statuses(data_dir: DataDir, config: Config) -> tuple[PackStatus, ...]:
    with reading_database(data_dir):
        time = box_clock(data_dir, system_clock).reading()
        return status.status(data_dir, config.channels, time=time, disk_free=disk_free).packs


def _whole(found: PackStatus | None, pack: str, place: str) -> PreloadedPack:
    if found is None or found.version is None:
        raise Missing(f"{place}: offers no pack {pack!r} on the channels of the seed", hint=_HINT)
    if found.lessons_ready != found.lessons_total or found.bytes_to_come:
        raise Missing(
            f"{place}: has {pack!r} only in part: {found.in_words()}",
            hint="Write the stick anew, with room for all of it.",
        )
    return PreloadedPack(pack=pack, version=found.version)
