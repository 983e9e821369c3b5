"""The hub's own server: waitress, one process, a few threads.

A slow client costs a socket and its buffer, not a thread: files are handed over as files. Ends
cleanly on SIGTERM and Ctrl-C. Behind nginx or a CDN any web server can offer the same tree.
"""

import signal
from collections.abc import Callable
from types import FrameType
from typing import Any

import waitress
from flask import Flask

from content_packs.errors import UsageError
from hub.config import Config
from hub.limits import IDLE_SECONDS_MAX, REQUEST_BYTES_MAX, REQUEST_IN_MEMORY_BYTES_MAX


def serve(app: Flask, config: Config, listening: Callable[[str], None]) -> None:
    """Serve `app` until told to end; `listening` gets each address once it answers.

    Raises `UsageError` if the address can't be listened on.
    """
    signal.signal(signal.SIGTERM, _end)
    server = _create(app, config)
    for host, port in _addresses(server):
        shown = f"[{host}]" if ":" in host else host
        listening(f"http://{shown}:{port}/")
    try:
        server.run()
    finally:
        server.close()


def _end(_signal: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)


def _create(app: Flask, config: Config) -> Any:
    try:
        return waitress.create_server(
            app,
            host=config.host,
            port=config.port,
            threads=config.threads,
            connection_limit=config.connections_max,
            asyncore_use_poll=True,
            ident=None,  # the header Server is bytes on a thin link, and tells nodes nothing
            channel_timeout=IDLE_SECONDS_MAX,
            max_request_body_size=REQUEST_BYTES_MAX,
            inbuf_overflow=REQUEST_IN_MEMORY_BYTES_MAX,
            clear_untrusted_proxy_headers=True,
            **_behind(config.trusted_proxy),
        )
    except (OSError, ValueError) as error:
        raise UsageError(
            f"can't listen on {config.host} port {config.port}: {_in_words(error)}",
            hint="Choose another with --host and --port, or in hub.toml.",
        ) from error


def _behind(proxy: str) -> dict[str, Any]:
    """Return how much of what a proxy says is believed: nothing, unless it is named."""
    if not proxy:
        return {}
    return {
        "trusted_proxy": proxy,
        "trusted_proxy_headers": {"x-forwarded-for", "x-forwarded-proto"},
    }


def _in_words(error: OSError | ValueError) -> str:
    return error.strerror or str(error) if isinstance(error, OSError) else str(error)


def _addresses(server: Any) -> list[tuple[str, int]]:
    many = getattr(server, "effective_listen", None)
    return many or [(server.effective_host, int(server.effective_port))]
