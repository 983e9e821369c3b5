"""node.toml: what a node follows, from where, and how its site listens.

Strict: an unknown key is an error, so that a typing mistake isn't silently a default. Every key
stands in CLI.md.
"""

import json
import re
from pathlib import Path

import msgspec

from content_packs import durable
from content_packs.errors import InvalidContent, StorageFailed, UsageError
from content_packs.names import RENDITIONS, check_name
from sync_node.data_dir import DataDir
from sync_node.hub_address import PIN_PREFIX, check_pin, check_url
from sync_node.limits import (
    CHANNELS_MAX,
    CONFIG_BYTES_MAX,
    COURIER_ROOTS_MAX,
    KBIT_PER_SECOND_MAX,
    MEGABYTES_MAX,
    PEERS_MAX,
    POLL_SECONDS_DEFAULT,
    POLL_SECONDS_MAX,
    POLL_SECONDS_MIN,
    SITE_PORT_DEFAULT,
    SOURCES_MAX,
    WINDOWS_MAX,
)
from sync_node.peer_address import check_address
from sync_node.plan_model import KINDS
from sync_node.windows import Rules, Window
from sync_node.zones import UTC_OFFSET, zone_of

FORMAT = 1
CHANNEL_DEFAULT = "main"
COURIER_ROOTS = ("/media", "/run/media", "/mnt")
METERED_CLASSES = ("text",)  # what a link carries that costs by the byte, unless told otherwise
BYTES_PER_SECOND_OF_KBIT = 125.0
BYTES_OF_MEGABYTE = 1_000_000

_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)|24:00")

_HINT = (
    "Every key stands in sync_node/CLI.md. Mend the file, or make it anew with `sync-node init`."
)


class _Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    pass


class WindowConfig(_Table, frozen=True, rename={"opens": "from", "closes": "to"}):
    """A daily window of a source, by the wall clock. No classes: all that the source carries."""

    opens: str = "00:00"
    closes: str = "24:00"
    classes: tuple[str, ...] = ()
    kbit_per_second: int = 0


class SourceConfig(_Table, frozen=True):
    """A source: the address of a hub, or the path of a folder.

    `ca`: whose certificate the hub has (`tls.py`); a file's name is from the data directory on.
    The other keys are for hubs: a folder costs nothing. 0: no bound.
    """

    hub: str = ""
    folder: str = ""
    ca: str = ""
    metered: bool = False
    classes: tuple[str, ...] = ()
    kbit_per_second: int = 0
    megabytes_per_day: int = 0
    megabytes_per_month: int = 0
    windows: tuple[WindowConfig, ...] = ()

    @property
    def place(self) -> tuple[str, str]:
        """Where it is."""
        return (self.hub, self.folder)


class EngineConfig(_Table, frozen=True):
    """`poll_seconds`: from the end of one tick to the next."""

    poll_seconds: int = POLL_SECONDS_DEFAULT


class SiteConfig(_Table, frozen=True):
    """Where the school's site listens. Port 0: any that is free."""

    host: str = "0.0.0.0"  # noqa: S104  # the site is for all of the school's Wi-Fi
    port: int = SITE_PORT_DEFAULT


class PeersConfig(_Table, frozen=True):
    """Neighbours.

    `offer`: whether they get what this node holds. `find`: whether mDNS is used, to find and to be
    found. `named`: addresses of peers to ask, beside those that are found. `kbit_per_second`: to
    all peers together; 0: what a Wi-Fi bears.
    """

    offer: bool = True
    find: bool = True
    named: tuple[str, ...] = ()
    kbit_per_second: int = 0


class Config(_Table, frozen=True):
    """What node.toml says. `rollout_number`: this node's place, 0 to 99, in every rollout.

    `time_zone`: a name of the IANA database or an offset, for windows and budgets. `packs` of the
    channels, `renditions` of media beyond the lightest: None for all. `couriers`: folders under
    which the system mounts disks, that are looked through for couriers.
    """

    format: int
    sources: tuple[SourceConfig, ...]
    channels: tuple[str, ...] = (CHANNEL_DEFAULT,)
    rollout_number: int = 0
    engine: EngineConfig = EngineConfig()
    site: SiteConfig = SiteConfig()
    time_zone: str = UTC_OFFSET
    packs: tuple[str, ...] | None = None
    renditions: tuple[str, ...] | None = None
    couriers: tuple[str, ...] = COURIER_ROOTS
    peers: PeersConfig = PeersConfig()


def read(data_dir: DataDir) -> Config:
    """Return the configuration. Raises `UsageError` for anything wrong in it."""
    data_dir.check_initialised()
    try:
        data = data_dir.config.read_bytes()
    except OSError as error:
        raise StorageFailed(f"{data_dir.config}: can't be read: {error.strerror}") from error
    return decode(data, what=str(data_dir.config))


def decode(data: bytes, *, what: str) -> Config:
    """Return the configuration in `data`. Raises `UsageError`."""
    if len(data) > CONFIG_BYTES_MAX:
        raise UsageError(f"{what}: {len(data)} bytes, more than {CONFIG_BYTES_MAX}", hint=_HINT)
    try:
        config = msgspec.toml.decode(data, type=Config)
    except msgspec.ValidationError as error:
        raise UsageError(f"{what}: {error}", hint=_HINT) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{what}: not TOML: {error}", hint=_HINT) from error
    check(config, what=what)
    return config


def check(config: Config, *, what: str) -> None:
    """Raise `UsageError` unless every value is of use."""
    if config.format != FORMAT:
        raise UsageError(f"{what}: format is {config.format}, expected {FORMAT}", hint=_HINT)
    _check_count(len(config.sources), SOURCES_MAX, what=f"{what}: sources")
    _check_count(len(config.channels), CHANNELS_MAX, what=f"{what}: channels")
    zone_of(config.time_zone, what=f"{what}: time_zone")
    _check_peers(config.peers, what=what)
    for source in config.sources:
        _check_source(source, what=what)
    _check_couriers(config.couriers, what=what)
    for channel in config.channels:
        try:
            check_name(channel, what=f"{what}: channels")
        except InvalidContent as error:
            raise UsageError(error.message, hint=error.hint) from error
    if len(set(config.channels)) != len(config.channels):
        raise UsageError(f"{what}: a channel stands twice")
    _check_renditions(config.renditions or (), what=what)
    for key, found, least, most in (
        ("rollout_number", config.rollout_number, 0, 99),
        ("engine.poll_seconds", config.engine.poll_seconds, POLL_SECONDS_MIN, POLL_SECONDS_MAX),
        ("site.port", config.site.port, 0, 65_535),
        ("peers.kbit_per_second", config.peers.kbit_per_second, 0, KBIT_PER_SECOND_MAX),
    ):
        _check_between(found, least, most, what=f"{what}: {key}")


def carried_classes(source: SourceConfig) -> tuple[str, ...]:
    """Return which classes of content may cross the link to a source, windows apart."""
    return source.classes or (METERED_CLASSES if source.metered else KINDS)


def rules_of(source: SourceConfig, config: Config) -> Rules:
    """Return what a checked configuration lets the link to a source carry."""
    carried = carried_classes(source)
    kinds = frozenset(kind for kind in KINDS if kind in carried)
    windows = tuple(
        Window(
            _minute(window.opens),
            _minute(window.closes),
            frozenset(kind for kind in kinds if kind in (window.classes or kinds)),
            window.kbit_per_second * BYTES_PER_SECOND_OF_KBIT,
        )
        for window in source.windows
    )
    return Rules(
        zone_of(config.time_zone, what="node.toml: time_zone"),
        kinds,
        source.kbit_per_second * BYTES_PER_SECOND_OF_KBIT,
        windows,
        source.megabytes_per_day * BYTES_OF_MEGABYTE or None,
        source.megabytes_per_month * BYTES_OF_MEGABYTE or None,
    )


def _check_renditions(names: tuple[str, ...], *, what: str) -> None:
    for name in names:
        if name not in RENDITIONS:
            expected = ", ".join(RENDITIONS)
            raise UsageError(
                f"{what}: rendition {name[:40]!r}, expected one of {expected}", hint=_HINT
            )


def _check_source(source: SourceConfig, *, what: str) -> None:
    if bool(source.hub) == bool(source.folder):
        raise UsageError(f"{what}: a source has either `hub` or `folder`", hint=_HINT)
    if source.hub:
        check_url(source.hub)
        _check_ca(source, what=f"{what}: {source.hub}")
        _check_link(source, what=f"{what}: {source.hub}")
    elif source != SourceConfig(folder=source.folder):
        raise UsageError(
            f"{what}: {source.folder}: a folder has no link: windows, classes, rates and budgets "
            "are for hubs",
            hint=_HINT,
        )
    elif "\0" in source.folder or not Path(source.folder).is_absolute():
        raise UsageError(f"{what}: folder {source.folder!r}, expected a path from the root")


def _check_ca(source: SourceConfig, *, what: str) -> None:
    if source.ca and not source.hub.startswith("https:"):
        raise UsageError(f"{what}: `ca` is for hubs with https", hint=_HINT)
    if source.ca.startswith(PIN_PREFIX):
        check_pin(source.ca)
    if "\0" in source.ca:
        raise UsageError(f"{what}: ca {source.ca!r} is no name of a file", hint=_HINT)


def _check_link(source: SourceConfig, *, what: str) -> None:
    if len(source.windows) > WINDOWS_MAX:
        raise UsageError(f"{what}: {len(source.windows)} windows, more than {WINDOWS_MAX}")
    for key, found, most in (
        ("kbit_per_second", source.kbit_per_second, KBIT_PER_SECOND_MAX),
        ("megabytes_per_day", source.megabytes_per_day, MEGABYTES_MAX),
        ("megabytes_per_month", source.megabytes_per_month, MEGABYTES_MAX),
    ):
        _check_between(found, 0, most, what=f"{what}: {key}")
    _check_classes(source.classes, KINDS, what=what)
    carried = carried_classes(source)
    for window in source.windows:
        _check_window(window, carried, what=f"{what}: window {window.opens} to {window.closes}")


def _check_window(window: WindowConfig, carried: tuple[str, ...], *, what: str) -> None:
    for clock in (window.opens, window.closes):
        if not _CLOCK.fullmatch(clock):
            raise UsageError(f"{what}: {clock[:40]!r} is no time of day, such as 22:00", hint=_HINT)
    if _minute(window.opens) == _minute(window.closes) or window.opens == "24:00":
        raise UsageError(f"{what}: is never open; for all day leave `from` and `to` out")
    _check_between(window.kbit_per_second, 0, KBIT_PER_SECOND_MAX, what=f"{what}: kbit_per_second")
    _check_classes(window.classes, carried, what=what)


def _check_classes(found: tuple[str, ...], known: tuple[str, ...], *, what: str) -> None:
    for name in found:
        if name not in KINDS:
            expected = ", ".join(KINDS)
            raise UsageError(f"{what}: class {name[:40]!r}, expected one of {expected}", hint=_HINT)
        if name not in known:
            raise UsageError(
                f"{what}: names the class {name}, which the source doesn't carry",
                hint="Name it in `classes` of the source, too. A metered link carries only text, "
                "unless its `classes` say more.",
            )


def _minute(clock: str) -> int:
    """Return the minute of the day; 1440 for 24:00."""
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)


def _check_between(found: int, least: int, most: int, *, what: str) -> None:
    if not least <= found <= most:
        raise UsageError(f"{what} is {found}, expected {least} to {most}", hint=_HINT)


def _check_peers(peers: PeersConfig, *, what: str) -> None:
    if len(peers.named) > PEERS_MAX:
        raise UsageError(f"{what}: {len(peers.named)} peers, at most {PEERS_MAX}", hint=_HINT)
    for address in peers.named:
        check_address(address)


def _check_couriers(folders: tuple[str, ...], *, what: str) -> None:
    if len(folders) > COURIER_ROOTS_MAX:
        raise UsageError(f"{what}: couriers: {len(folders)}, more than {COURIER_ROOTS_MAX}")
    for folder in folders:
        if "\0" in folder or not Path(folder).is_absolute():
            raise UsageError(f"{what}: couriers: {folder!r}, expected a path from the root")


def _check_count(found: int, most: int, *, what: str) -> None:
    if not 1 <= found <= most:
        raise UsageError(f"{what}: there are {found}, expected 1 to {most}", hint=_HINT)


def write(data_dir: DataDir, config: Config) -> None:
    """Write node.toml, durably. Raises `StorageFailed`."""
    durable.write(data_dir.config, encode(config).encode())


def encode(config: Config) -> str:
    """Return the text of node.toml for `config`."""
    lines = [
        "# What this node follows and how its site listens. Every key stands in CLI.md.",
        f"format = {config.format}",
        f"channels = [{', '.join(_quoted(channel) for channel in config.channels)}]",
        "# This node's place, 0 to 99, in rollouts that reach only a share of all nodes.",
        f"rollout_number = {config.rollout_number}",
    ]
    if config.couriers != COURIER_ROOTS:
        lines += [f"couriers = [{', '.join(_quoted(folder) for folder in config.couriers)}]"]
    if config.time_zone != UTC_OFFSET:
        lines += [f"time_zone = {_quoted(config.time_zone)}"]
    for key in ("packs", "renditions"):
        if (names := getattr(config, key)) is not None:
            lines += [f"{key} = [{', '.join(_quoted(name) for name in names)}]"]
    for source in config.sources:
        lines += ["", "[[sources]]", *_changed(source)]
        for window in source.windows:
            lines += ["", "[[sources.windows]]", *_changed(window)]
    lines += [
        "",
        "[engine]",
        f"poll_seconds = {config.engine.poll_seconds}",
        "",
        "[site]",
        f"host = {_quoted(config.site.host)}",
        f"port = {config.site.port}",
    ]
    if config.peers != PeersConfig():
        lines += ["", "[peers]", *_changed(config.peers)]
    return "\n".join(lines) + "\n"


def _changed(table: SourceConfig | WindowConfig | PeersConfig) -> list[str]:
    """Return the lines of the keys that aren't as by default, but for tables inside."""
    found = []
    for field in msgspec.structs.fields(table):
        value = getattr(table, field.name)
        if value == field.default or field.name == "windows":
            continue
        if isinstance(value, str):
            text = _quoted(value)
        elif isinstance(value, tuple):
            text = f"[{', '.join(_quoted(one) for one in value)}]"
        else:
            text = str(value).lower()
        found.append(f"{field.encode_name} = {text}")
    return found


def _quoted(text: str) -> str:
    # A JSON string is a TOML basic string, but for DEL, which TOML wants escaped.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
