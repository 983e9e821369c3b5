"""Ranges of a bundle, as nodes fetch it: from nginx, from the hub, from a hub on an S3 store.

All are asked in turn, several times over; the medians count, against nginx in the same run.
"""

import json
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

from scripts.bench.storming.servers import Server

CONNECTIONS = 8
SECONDS = 1.0
MB = 1_000_000


def measure(servers: dict[str, Server], *, rounds: int) -> dict[str, Any]:
    """Return, by server, the median of bytes a second and of CPU seconds a GB."""
    seen: dict[str, list[tuple[float, float]]] = {name: [] for name in servers}
    for _ in range(rounds):
        for name, server in servers.items():
            seen[name].append(_ask(server))
    return {
        name: {
            "bytes_a_second": statistics.median(rate for rate, _ in found),
            "cpu_a_gb": statistics.median(cpu for _, cpu in found),
        }
        for name, found in seen.items()
    }


def _ask(server: Server) -> tuple[float, float]:
    bundle = _largest(server.root / "repository" / "bundles")
    before = server.cpu()
    done = subprocess.run(
        [sys.executable, "-m", "scripts.bench.serving.asking", str(server.port),
         f"/bundles/{bundle.name}", str(bundle.stat().st_size), str(CONNECTIONS), str(SECONDS)],
        stdout=subprocess.PIPE, check=True,
    )  # fmt: skip
    found = json.loads(done.stdout)
    cpu = (server.cpu() - before) / max(found["bytes in all"] / 1e9, 1e-9)
    return found["bytes"] / found["seconds"], cpu


def _largest(folder: Path) -> Path:
    return max(folder.glob("*.bundle"), key=lambda path: path.stat().st_size)


def table(found: dict[str, Any]) -> str:
    """Return it as a table; the first is what the others are compared with."""
    first = next(iter(found.values()))["bytes_a_second"]
    rows = ["| ranges of 1 MiB, 8 at once | MB/s | of nginx | CPU s/GB |", "|---" * 4 + "|"]
    rows += [
        f"| {name} | {one['bytes_a_second'] / MB:,.0f} | {one['bytes_a_second'] / first:.2f} "
        f"| {one['cpu_a_gb']:.2f} |"
        for name, one in found.items()
    ]
    return "\n".join(rows)
