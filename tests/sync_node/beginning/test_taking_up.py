"""`sync-node run --seed`: a blank box serves as its school's; what serves already goes on."""

import signal
import subprocess
import urllib.request
from pathlib import Path

from sync_node.beginning.first_start import read_card
from sync_node.beginning.taking_up import of_this_box, take_up
from sync_node.data_dir import DataDir
from tests.support import node_process
from tests.support.cards import a_seed, document_of


def on_card(folder: Path, *, card: int = 17) -> Path:
    place = folder / f"seed-{card}.json"
    place.write_bytes(document_of(a_seed(card=card)))
    return place


def served(data: Path, seed: Path) -> tuple[int, str]:
    """Run the node until its site answered once; return its status and what it said on stderr."""
    process = node_process.start(
        "run", "--host", "127.0.0.1", "--port", "0", "--data", data, "--seed", seed,
        stdout=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout
    try:
        line = process.stdout.readline()
        assert "http://" in line, process.communicate(timeout=node_process.SECONDS_MAX)
        with urllib.request.urlopen(line.split()[-1], timeout=node_process.SECONDS_MAX) as came:
            status = came.status
    finally:
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=node_process.SECONDS_MAX)
    return status, errors


def test_a_blank_box_serves_as_its_schools(tmp_path: Path) -> None:
    seed, data = on_card(tmp_path), tmp_path / "data"
    status, said = served(data, seed)
    assert (status, "This box is card 17 of qamdo" in said) == (200, True)
    assert "Its fingerprint: " in said
    card = read_card(DataDir(data))
    assert card is not None
    again, later = served(data, seed)
    assert (again, "made so before" in later, "warning" in later) == (200, True, False)
    seed.unlink()
    assert served(data, seed)[0] == 200
    assert read_card(DataDir(data)) == card


def test_anothers_seed_is_a_warning_where_a_school_is_served(tmp_path: Path) -> None:
    data = DataDir(tmp_path / "data")
    said: list[str] = []
    take_up(data, on_card(tmp_path), of_this_box(), say=said.append)
    card = read_card(data)
    said.clear()
    take_up(data, on_card(tmp_path, card=18), of_this_box(), say=said.append)
    assert len(said) == 1
    assert said[0].startswith("warning: ")
    assert "card 17 of qamdo already" in said[0]
    assert read_card(data) == card


def test_a_blank_box_with_a_seed_that_nobody_signed_says_so_and_ends(tmp_path: Path) -> None:
    seed = tmp_path / "seed.json"
    seed.write_text("{}")
    done = node_process.run("run", "--port", "0", "--data", tmp_path / "data", "--seed", seed)
    assert (done.returncode, "Traceback" in done.stderr) == (3, False)
    assert str(seed) in done.stderr
    assert not (tmp_path / "data/node.toml").exists()
