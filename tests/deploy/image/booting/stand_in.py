"""A stand-in for the emulator: the node itself, on this machine, at the port that was to be led to.

`python stand_in.py NODE MODE QEMU-ARGUMENTS...`; what it is told of machine, card and firmware is
passed over. `MODE` says what goes wrong: “honest” nothing; “forgets” begins each time with
what the folder `first` beside NODE has; “mute” serves nothing; “ends” switches itself off.
"""

import os
import re
import shutil
import sys
import time
from pathlib import Path


def main() -> None:
    node, mode = Path(sys.argv[1]), sys.argv[2]
    port = re.search(r"hostfwd=tcp:127\.0\.0\.1:([0-9]+)-", " ".join(sys.argv))
    assert port
    if mode == "ends":
        return
    if mode == "mute":
        time.sleep(60)
    if mode == "forgets":
        while node.exists():  # the engine of the node that was killed is just ending
            shutil.rmtree(node, ignore_errors=True)
        shutil.copytree(node.with_name("first"), node)
    os.execv(  # noqa: S606  # the node takes this process's place, to be killed as it would be
        sys.executable,
        [sys.executable, "-m", "sync_node.cli", "run", "--data", str(node), "--port", port[1]],
    )


main()
