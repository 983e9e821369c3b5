"""The steps of wifi-test that need no radio, on a school's network in namespaces: they ask rightly.

What they ask is a real site, by the real network program; so a step that fails on a box fails for
what the box does.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.image.radio.putting import HERE
from sync_node import config
from sync_node.config import Config, SourceConfig
from tests.support import school_network
from tests.support.school_network import school_lan
from tests.sync_node.lan.school import furnished_school

WISH = 'format = 1\nname = "Hope"\nmode = "access-points"\n'
STEPS = ("the_site_opens", "probes_are_answered")
PRELUDE = """\
. {here}/phones
HERE={here} LOGS={folder}
on() {{ shift; ip netns exec {phone} "$@"; }}
say() {{ echo "WIFI-TRIAL $*"; }}
fail() {{ say "failed: $*"; exit 1; }}
"""


def steps() -> str:
    """Return the functions of the trial, of which none is run."""
    text = (HERE / "wifi-trial").read_text(encoding="utf-8")
    beginning, functions = text.split("is_on_air() {", 1)
    assert "say()" in beginning
    return "is_on_air() {" + functions.rpartition("mkdir -p $LOGS")[0]


@pytest.mark.long
@pytest.mark.skipif(bool(school_network.unavailable()), reason=school_network.unavailable())
def test_the_site_and_the_portal_are_asked_as_phones_do(tmp_path: Path) -> None:
    school = furnished_school(tmp_path / "node")
    config.write(school.data_dir, Config(1, (SourceConfig(folder=str(tmp_path / "none")),)))
    with school_lan(tmp_path, phones=1) as lan:
        lan.start_network(WISH)
        program = Path(sys.executable).with_name("sync-node")
        words = ("--data", str(school.data_dir.root), "--host", "0.0.0.0", "--port", "80")  # noqa: S104
        lan.start(str(program), "run", *words, log="site.log")
        (phone,) = lan.phones
        phone.join()
        prelude = PRELUDE.format(here=HERE, folder=tmp_path, phone=phone.name)
        done = subprocess.run(
            ["sh", "-c", prelude + steps() + "\n".join(STEPS)], capture_output=True, text=True,
            check=False, timeout=300, env=os.environ | {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
        )  # fmt: skip
    assert done.stdout.count("WIFI-TRIAL ok:") == len(STEPS), done.stdout + done.stderr
    assert done.returncode == 0
