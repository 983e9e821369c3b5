"""node.toml: what a node follows, from where, and how its site listens.

Strict: an unknown key is an error, so that a typing mistake isn't silently a default. Every key
stands in CLI.md.
"""

import json
from pathlib import Path

import msgspec

from content_packs import durable
from content_packs.errors import InvalidContent, StorageFailed, UsageError
from content_packs.names import check_name
from sync_node.data_dir import DataDir
from sync_node.hub_address import check_url
from sync_node.limits import (
    CHANNELS_MAX,
    CONFIG_BYTES_MAX,
    POLL_SECONDS_DEFAULT,
    POLL_SECONDS_MAX,
    POLL_SECONDS_MIN,
    SITE_PORT_DEFAULT,
    SOURCES_MAX,
)

FORMAT = 1
CHANNEL_DEFAULT = "main"

_HINT = (
    "Every key stands in sync_node/CLI.md. Mend the file, or make it anew with `sync-node init`."
)


class _Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    pass


class SourceConfig(_Table, frozen=True):
    """A source: the address of a hub, or the path of a folder."""

    hub: str = ""
    folder: str = ""


class EngineConfig(_Table, frozen=True):
    """`poll_seconds`: from the end of one tick to the next."""

    poll_seconds: int = POLL_SECONDS_DEFAULT


class SiteConfig(_Table, frozen=True):
    """Where the school's site listens. Port 0: any that is free."""

    host: str = "0.0.0.0"  # noqa: S104  # the site is for all of the school's Wi-Fi
    port: int = SITE_PORT_DEFAULT


class Config(_Table, frozen=True):
    """What node.toml says. `rollout_number`: this node's place, 0 to 99, in every rollout."""

    format: int
    sources: tuple[SourceConfig, ...]
    channels: tuple[str, ...] = (CHANNEL_DEFAULT,)
    rollout_number: int = 0
    engine: EngineConfig = EngineConfig()
    site: SiteConfig = SiteConfig()


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
    for source in config.sources:
        _check_source(source, what=what)
    for channel in config.channels:
        try:
            check_name(channel, what=f"{what}: channels")
        except InvalidContent as error:
            raise UsageError(error.message, hint=error.hint) from error
    if len(set(config.channels)) != len(config.channels):
        raise UsageError(f"{what}: a channel stands twice")
    for key, found, least, most in (
        ("rollout_number", config.rollout_number, 0, 99),
        ("engine.poll_seconds", config.engine.poll_seconds, POLL_SECONDS_MIN, POLL_SECONDS_MAX),
        ("site.port", config.site.port, 0, 65_535),
    ):
        if not least <= found <= most:
            raise UsageError(f"{what}: {key} is {found}, expected {least} to {most}", hint=_HINT)


def _check_source(source: SourceConfig, *, what: str) -> None:
    if bool(source.hub) == bool(source.folder):
        raise UsageError(f"{what}: a source has either `hub` or `folder`", hint=_HINT)
    if source.hub:
        check_url(source.hub)
    elif "\0" in source.folder or not Path(source.folder).is_absolute():
        raise UsageError(f"{what}: folder {source.folder!r}, expected a path from the root")


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
    for source in config.sources:
        key, value = ("hub", source.hub) if source.hub else ("folder", source.folder)
        lines += ["", "[[sources]]", f"{key} = {_quoted(value)}"]
    lines += [
        "",
        "[engine]",
        f"poll_seconds = {config.engine.poll_seconds}",
        "",
        "[site]",
        f"host = {_quoted(config.site.host)}",
        f"port = {config.site.port}",
    ]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    # A JSON string is a TOML basic string, but for DEL, which TOML wants escaped.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
