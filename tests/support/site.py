"""The school's site behind the node's own web server, in this process."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask

from sync_node.lan.web_server import listen


@contextmanager
def site_at(app: Flask) -> Iterator[str]:
    """Serve a site on loopback until the block ends; give its address, without a slash after it."""
    server = listen(app, "127.0.0.1", 0)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.effective_port}"
    finally:
        server.close()
        thread.join()
        server.close_connections()
