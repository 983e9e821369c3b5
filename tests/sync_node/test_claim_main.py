"""A code typed on the box's page is sent by a process of its own; what it says is the answer."""

import subprocess
import sys
from pathlib import Path

import pytest

from sync_node import enrolment
from sync_node.claim_answer import Answer
from sync_node.data_dir import DataDir
from sync_node.enrolling_here import asker
from tests.support.identities import HARDWARE
from tests.support.protocol import counting
from tests.support.scripted_hub import CODE


@pytest.fixture
def data_dir(tmp_path: Path) -> DataDir:
    found = DataDir(tmp_path / "node")
    found.make()
    return found


def test_where_no_claim_is_left_the_engine_was_quicker(data_dir: DataDir) -> None:
    assert asker(data_dir)() == Answer("left")


def test_a_box_without_settings_says_what_is_missing(data_dir: DataDir) -> None:
    enrolment.begin(data_dir, CODE, HARDWARE, randomness=counting())
    answer = asker(data_dir)()
    assert answer.heard == "unheard"
    assert str(data_dir.root) in answer.trouble


def test_no_traceback_reaches_whoever_waits(data_dir: DataDir) -> None:
    command = [sys.executable, "-m", "sync_node.claim_main", str(data_dir.root)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert (done.stderr, done.stdout) == ("", '{"heard":"left","trouble":""}\n')
