"""A real nginx of one's own, with the configuration that is shipped: other ports, other folders."""

import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SHIPPED = Path(__file__).parents[2] / "deploy/nginx/satchel-node.conf"
SHIPPED_FOR_HUB = SHIPPED.with_name("satchel-hub.conf")
PROGRAM = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin:/opt/homebrew/bin")
_MAIN = """
worker_processes 1;
daemon off;
pid {folder}/pid;
error_log {folder}/error.log warn;
events {{ worker_connections 8192; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  include {folder}/site.conf;
}}
"""


def free_port() -> int:
    """Return a port that nobody listens on now."""
    with socket.socket() as tried:
        tried.bind(("127.0.0.1", 0))
        return int(tried.getsockname()[1])


def configuration(*, port: int, site_port: int, store: Path, folder: Path) -> str:
    """Return the shipped configuration for other places. Raises `ValueError` where it lacks one."""
    return _at(
        SHIPPED,
        {
            "listen 80;": f"listen 127.0.0.1:{port};",
            "127.0.0.1:8081": f"127.0.0.1:{site_port}",
            "/run/satchel-nginx": f"{folder}/cache",
            "/var/lib/satchel/store/": f"{store}/",
        },
    )


def hub_configuration(*, port: int, hub_port: int, repository: Path, folder: Path) -> str:
    """Return what is shipped for a hub, for other places. Raises `ValueError` as above."""
    return _at(
        SHIPPED_FOR_HUB,
        {
            "listen 80;": f"listen 127.0.0.1:{port};",
            "127.0.0.1:8470": f"127.0.0.1:{hub_port}",
            "/run/satchel-hub-nginx": f"{folder}/cache",
            "/var/lib/satchel-hub/repository": str(repository),
        },
    )


def _at(shipped: Path, places: dict[str, str]) -> str:
    text = shipped.read_text(encoding="utf-8")
    text = re.sub(r"^\s*#.*\n", "", text, flags=re.MULTILINE)
    for there, here in places.items():
        if there not in text:
            raise ValueError(f"{shipped}: it has no {there}")
        text = text.replace(there, here)
    return text


@contextmanager
def running(site: str, folder: Path) -> Iterator[int]:
    """Run nginx with the configuration `site`; yield its process's id."""
    folder.mkdir(exist_ok=True)
    folder.chmod(0o755)
    (folder / "site.conf").write_text(site, encoding="utf-8")
    (folder / "main.conf").write_text(_MAIN.format(folder=folder), encoding="utf-8")
    command = [PROGRAM or "nginx", "-p", str(folder), "-c", str(folder / "main.conf")]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        until = time.monotonic() + 10
        while not (folder / "pid").exists():
            if process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(process.communicate()[1])
            time.sleep(0.02)
        yield process.pid
    finally:
        process.terminate()
        process.communicate()
