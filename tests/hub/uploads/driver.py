"""Uploads a file in pieces to a hub, and says each offset once it is acknowledged. Run, killed."""

import sys
from pathlib import Path

from hub.clock import system_clock
from hub.hub import open_hub
from hub.uploads import handing_over
from tests.hub.uploads.tus_client import ANNA, TusClient


def main() -> None:
    """Upload the file of the second argument to the hub of the first, by the name of the third."""
    hub = open_hub(Path(sys.argv[1]), system_clock)
    data = Path(sys.argv[2]).read_bytes()
    client = TusClient(hub, ANNA)
    upload = client.create(len(data), sys.argv[3])
    _say(upload, 0)
    at, piece = 0, len(data) // 3 + 1
    while at < len(data):
        took = client.patch(upload, at, data[at : at + piece])
        at = int(took.headers["Upload-Offset"])
        _say(upload, at)
        if took.whole:
            handing_over.hand_over(hub, ANNA, took.whole)


def _say(upload: str, offset: int) -> None:
    sys.stdout.write(f"{upload} {offset}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
