"""boot-test fails where it has to: with the node itself in place of a box, honest and otherwise."""

import random
import shutil
import sys
from pathlib import Path

import pytest

from content_packs import card_seeds
from content_packs.errors import Missing, Refused
from deploy.image.booting import emulator, preparing, trial, visiting
from deploy.image.booting.bench import Bench
from deploy.image.booting.emulator import BOARDS, Board, Box
from deploy.image.booting.trial import Trial, summary
from sync_node.flashing import preloading
from tests.support import node_process

STAND_IN = Path(__file__).with_name("stand_in.py")
SEED = 20_261_122


def board(node: Path, mode: str) -> Board:
    """A board whose program is the stand-in, with a firmware that is a file like any other."""
    arguments = (str(STAND_IN), str(node), mode)
    return Board(sys.executable, "python3", arguments, (STAND_IN, STAND_IN))


def a_trial(folder: Path, mode: str, *, code: str = "", seconds: float = 60.0) -> Trial:
    card = folder / "card.img"
    card.write_bytes(bytes(1 << 20))
    chance = random.Random(SEED)
    bench = Bench(board(folder / "node", mode), card, folder, seconds, 1, chance)
    return Trial(bench, code, SEED, lambda _: None)


def test_a_box_that_switches_itself_off_is_found(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=rf"start 1 of seed {SEED}: the box switched itself off"):
        a_trial(tmp_path, "ends").run(0)


def test_a_box_that_never_answers_is_found(tmp_path: Path) -> None:
    tried = a_trial(tmp_path, "mute", seconds=1.0)
    with pytest.raises(Refused, match="no site after 1 seconds"):
        tried.run(0)


def test_what_the_box_said_last_is_told(tmp_path: Path) -> None:
    box = Box(board(tmp_path, "ends"), tmp_path, tmp_path / "socket")
    assert box.last_words() == ""
    box.serial_log.write_bytes(b"one\r\ntwo\r\nKernel panic\r\n")
    assert box.last_words(2) == "two\nKernel panic"


def test_without_the_emulator_it_says_what_to_install(tmp_path: Path) -> None:
    gone = Board("no-such-qemu", "qemu-system-arm", (), (STAND_IN, STAND_IN))
    with pytest.raises(Missing) as found:
        Box(gone, tmp_path, tmp_path / "socket").switch_on()
    assert found.value.hint == "apt-get install qemu-system-arm"


def test_both_boards_are_told_whole() -> None:
    for each in BOARDS.values():
        assert each.program.startswith("qemu-system-")
        assert all(path.is_absolute() for path in each.firmware)
    assert emulator.BOX_ADDRESS == "172.27.0.1"


def test_times_are_summed_up_from_starts_that_came_to_the_site() -> None:
    starts = [
        trial.Start(1, 60.0, 50.0, "working", 70.0, 5, 3, 10),
        trial.Start(2, 0.0, 0.0, "starting", 9.0, 0, 1, 10),
        trial.Start(3, 40.0, 30.0, "", 41.0, 0, 0, 10),
    ]
    found = summary(starts)
    assert found["pulls"] == 2
    assert found["pulls_while_starting"] == 1
    assert (found["first_seconds"], found["later_seconds_most"]) == (60.0, 40.0)
    assert found["computed_seconds_median"] == 40.0
    assert (found["answers_kept"], found["sectors_lost"]) == (5, 4)


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A node as it is after its first start from a card, and the first teacher's code."""
    folder = tmp_path_factory.mktemp("school")
    document = preparing.make_school(folder)
    seed = card_seeds.open_seed(document.read_bytes()).seed
    repository = str(folder / preparing.REPOSITORY)
    preloading.preload(seed, [preparing.PACK], repository, folder / "node", progress=lambda _: None)
    node_process.run("first-start", "--seed", document, "--data", folder / "node")
    return folder / "node", seed.teacher_code


@pytest.mark.long
def test_pulls_of_an_honest_box_all_come_back(school: tuple[Path, str], tmp_path: Path) -> None:
    shutil.copytree(school[0], tmp_path / "node")
    tried = a_trial(tmp_path, "honest", code=school[1])
    tried.run(3)
    assert len(tried.starts) == 4
    assert summary(tried.starts)["pulls"] == 3
    assert sum(start.answers for start in tried.starts) > 0


@pytest.mark.long
def test_a_box_that_forgets_what_it_said_is_kept_is_found(
    school: tuple[Path, str], tmp_path: Path
) -> None:
    for name in ("node", "first"):
        shutil.copytree(school[0], tmp_path / name)
    tried = a_trial(tmp_path, "forgets", code=school[1])
    with pytest.raises(Refused, match=r"the class's results: the site answered"):
        tried.run(6)


def test_a_pupils_answers_are_compared_with_what_the_box_shows() -> None:
    pupil = visiting.Pupil("4b", "1", kept=set(range(1, 31)), unsure={31})
    shown = frozenset({1, *range(13, 31)})
    for tries in (30, 31):
        assert visiting.missed(pupil, visiting.Recorded(tries, shown)) == ""
    assert "the box has 29" in visiting.missed(pupil, visiting.Recorded(29, shown))
    assert "the box has 32" in visiting.missed(pupil, visiting.Recorded(32, shown))
    assert "gone: [30]" in visiting.missed(pupil, visiting.Recorded(30, shown - {30}))
    assert "nobody sent: [99]" in visiting.missed(pupil, visiting.Recorded(30, shown | {99}))
