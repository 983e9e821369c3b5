"""Ranges of 1 MiB of one large file, from each server in turn, several times over."""

import json
import random
import subprocess
import sys
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from scripts.bench.serving import machine
from scripts.bench.serving.school import LARGE_BYTES
from scripts.bench.serving.servers import Server

CONNECTIONS = (1, 8, 60)
SHARE_OF_NGINX_MIN = 0.8
TIMES_KOLIBRI_MIN = 3.0
SHARE_BEFORE_MIN = 0.95


@dataclass
class Measured:
    """Rounds of one server: bytes a second, processor seconds for a gigabyte, cut connections."""

    rates: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    cut: int = 0


def measure(servers: dict[str, Server], *, rounds: int, seconds: float) -> dict[str, Any]:
    """Return, for each number of connections and each server, medians over the rounds."""
    found: dict[str, Any] = {}
    chance = random.Random(3)  # noqa: S311  # the same order each time
    for connections in CONNECTIONS:
        measured = {name: Measured() for name in servers}
        for _ in range(rounds):
            for name in chance.sample(list(servers), len(servers)):  # who comes first has it easier
                _once(servers[name], connections, seconds, measured[name])
        found[str(connections)] = {
            name: {
                "bytes per second": median(each.rates),
                "cpu seconds per GB": median(each.cpu),
                "connections cut": each.cut,
            }
            for name, each in measured.items()
        }
    return found


def _once(server: Server, connections: int, seconds: float, into: Measured) -> None:
    before = server.cpu()
    done = subprocess.run(
        ["taskset", "-c", machine.CLIENT_CORE, sys.executable, "-m", "scripts.bench.serving.asking",
         str(server.port), server.large, str(LARGE_BYTES), str(connections), str(seconds)],
        stdout=subprocess.PIPE, check=True,
    )  # fmt: skip
    used = server.cpu() - before
    came = json.loads(done.stdout)
    into.rates.append(came["bytes"] / came["seconds"])
    into.cpu.append(used / max(1, came["bytes in all"]) * 1e9)
    into.cut += came["cut"]


def table(found: dict[str, Any]) -> str:
    """Return it as a table in Markdown; ratios to nginx in brackets."""
    names = list(next(iter(found.values())))
    lines = ["|connections|" + "|".join(names) + "|", "|---" * (len(names) + 1) + "|"]
    for connections, by_name in found.items():
        nginx = by_name["nginx"]["bytes per second"]
        cells = []
        for one in by_name.values():
            cut = f", {one['connections cut']} cut" if one["connections cut"] else ""
            rate = one["bytes per second"]
            cells.append(
                f"{rate / 1e6:,.0f} MB/s ({rate / nginx:.2f}), "
                f"{one['cpu seconds per GB']:.2f} s/GB{cut}"
            )
        lines.append(f"|{connections}|" + "|".join(cells) + "|")
    return "\n".join(lines)


def misses(found: dict[str, Any]) -> list[str]:
    """Return what wasn't reached: the mean of the ratios over all numbers of connections counts."""
    wanted = (
        ("node", "nginx", SHARE_OF_NGINX_MIN),
        ("node", "Kolibri", TIMES_KOLIBRI_MIN),
        ("nginx before the node", "nginx", SHARE_BEFORE_MIN),
    )
    missed = []
    for ours, peer, least in wanted:
        ratios = [
            each[ours]["bytes per second"] / each[peer]["bytes per second"]
            for each in found.values() if {ours, peer} <= each.keys()
        ]  # fmt: skip
        if ratios and sum(ratios) / len(ratios) < least:
            shown = ", ".join(f"{ratio:.2f}" for ratio in ratios)
            missed.append(f"{ours}: {shown} of {peer}, not {least:g} at least")
    return missed
