"""`python -m sync_node.claim_main DATA`: sends the claim that is there; prints what a hub said.

The site starts it for a code that was typed on its page (enrolling_here.py). One line of JSON, an
`Answer`; the exit code is 0 whatever the hub said.
"""

import sys
from pathlib import Path

import msgspec

from content_packs.errors import SatchelError
from content_packs.protocol import Pending
from sync_node import identity
from sync_node.claim_answer import Answer
from sync_node.data_dir import DataDir
from sync_node.errors import HubRefused
from sync_node.node_reader import NodeReader
from sync_node.orders import Orders
from sync_node.syncing import claim_with


def answer_of(data_dir: DataDir) -> Answer:
    """Send the claim to the hubs of node.toml, the first that answers.

    `left` where there is none any more: the engine was quicker, and the page shows what came of it.
    """
    try:
        asks = identity.claiming(data_dir)
        if asks is None:
            return Answer("left")
        found = claim_with(data_dir, asks, NodeReader(data_dir).hub_keys()[0])
        if not isinstance(found, Pending):  # the engine goes on: it asks, or is a node now
            Orders(data_dir).ask_for_tick(unbound=False)
    except HubRefused as error:
        return Answer("refused", error.message)
    except SatchelError as error:
        return Answer("unheard", error.message)
    if found is None:
        return Answer("left")
    return Answer("pending" if isinstance(found, Pending) else "enrolled")


def main() -> None:
    """Print the answer."""
    answer = answer_of(DataDir(Path(sys.argv[1])))
    sys.stdout.buffer.write(msgspec.json.encode(answer) + b"\n")


if __name__ == "__main__":
    main()
