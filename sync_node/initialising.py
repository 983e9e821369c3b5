"""`sync-node init`: the data directory, its configuration, and the root that is trusted."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from content_packs import durable
from content_packs.errors import Refused, StorageFailed, UsageError
from sync_node import config, rebuilding
from sync_node.config import FORMAT, Config, SourceConfig
from sync_node.data_dir import DataDir
from sync_node.limits import ROOT_BYTES_MAX
from sync_node.trust_store import TrustStore, check_root


def read_root(path: Path) -> bytes:
    """Return the root metadata in a file. Raises `UsageError`, `Untrusted`."""
    try:
        with path.open("rb") as file:
            data = file.read(ROOT_BYTES_MAX + 1)
    except OSError as error:
        raise UsageError(
            f"{path}: can't be read: {error.strerror}",
            hint="--trust names the file N.root.json that the hub's operator gives out.",
        ) from error
    check_root(data, what=str(path))
    return data


def wanted_config(
    hubs: Sequence[str], folders: Sequence[Path], channels: Sequence[str], rollout_number: int
) -> Config:
    """Return the configuration that `init` was asked for. Raises `UsageError`."""
    if not hubs and not folders:
        raise UsageError(
            "no hub and no folder to bring packs from",
            hint="Name one: --hub http://ADDRESS/ or --folder DIRECTORY.",
        )
    sources = [SourceConfig(hub=hub) for hub in hubs]
    sources += [SourceConfig(folder=str(folder.absolute())) for folder in folders]
    wanted = Config(FORMAT, tuple(sources), tuple(channels), rollout_number)
    config.check(wanted, what="init")
    return wanted


def initialise(data_dir: DataDir, root: bytes, wanted: Config, *, now: datetime) -> bool:
    """Make a node's data directory; return False where it was there already, just so.

    Old content in it, such as a store whose node.toml was lost, or one that came with the card, is
    taken over; metadata only where this very root vouched for it.

    The configuration is written last: a directory without it isn't a node yet, and `init` can be
    run again. Raises `Refused` where there is another node already, `StorageFailed`.
    """
    trust = TrustStore(data_dir.trust)
    if data_dir.config.exists():
        _check_same(data_dir, trust, wanted, root)
        return False
    data_dir.make()
    if not _trusts(trust, root):
        for left_over in data_dir.trust.glob("*.json"):
            durable.remove(left_over)
        trust.initialise(root)
    with rebuilding.opened(data_dir, wanted, now=now):
        config.write(data_dir, wanted)
    return True


def _check_same(data_dir: DataDir, trust: TrustStore, wanted: Config, root: bytes) -> None:
    found = config.read(data_dir)
    places = [[source.place for source in each.sources] for each in (found, wanted)]
    same = (places[0], found.channels) == (places[1], wanted.channels)
    trusted = _trusts(trust, root)
    if not same or not trusted:
        other = "follows something else" if not same else "trusts another root"
        raise Refused(
            f"{data_dir.root}: there is a node already, and it {other}",
            hint=f"Change {data_dir.config}, or name another directory with --data.",
        )


def _trusts(trust: TrustStore, root: bytes) -> bool:
    try:
        return trust.initialised and trust.first_root == root
    except OSError as error:
        raise StorageFailed(f"{trust.folder}: {error.strerror}") from error
