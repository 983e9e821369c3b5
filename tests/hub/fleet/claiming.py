"""A process that takes one claim in, for tests that race or kill it. Prints what came of it.

`python -m tests.hub.fleet.claiming DATA CLAIM-FILE`
"""

import sys
import time
from pathlib import Path

from hub.clock import system_clock
from hub.errors import ClaimRefused
from hub.fleet import claims
from hub.fleet.audit import Refusals
from hub.hub import open_hub


def main(data: Path, document: Path) -> None:
    hub = open_hub(data, system_clock)
    try:
        answer = claims.take(
            hub, document.read_bytes(), origin="192.0.2.1", refusals=Refusals(time.monotonic)
        )
    except ClaimRefused:
        sys.stdout.write("refused\n")
    else:
        sys.stdout.write(f"{'pending' if answer.pending else 'credential'} {answer.node}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
