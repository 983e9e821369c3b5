"""`deploy/image/build`: what it says to wrong arguments, and where time and version are from."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from content_packs.errors import UsageError
from deploy.image.building import CHECKOUT, Wish, compress, release_text
from deploy.image.moment import commit_time


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "deploy.image", "build", *arguments],
        capture_output=True,
        text=True,
        cwd=CHECKOUT,
        env={**os.environ, **environment},
        check=False,
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--arch", "riscv64"], "'riscv64' is not one of 'arm64', 'amd64'"),
        (["--mirror", "debian"], "--mirror: found 'debian', expected ARCHIVE=ADDRESS"),
        (["--mirror", "ubuntu=http://mirror.example/"], "ARCHIVE: debian or debian-security"),
        (["--system", "0"], "--system: 0 is no version"),
        (["--system", "2147483648"], "expected 1 to 2147483647"),
        (["--unheard-of"], "No such option"),
        (["whatever"], "unexpected extra argument"),
    ],
)
def test_wrong_arguments_end_with_2_and_say_what_was_expected(
    tmp_path: Path, arguments: list[str], said: str
) -> None:
    done = run("--work", str(tmp_path), *arguments)
    assert done.returncode == 2, done.stderr
    assert said in done.stderr
    assert not list(tmp_path.iterdir()), "nothing was begun"


def test_errors_are_json_where_that_is_asked_for(tmp_path: Path) -> None:
    done = run("--json", "--work", str(tmp_path), "--mirror", "debian")
    assert json.loads(done.stdout)["error"]["code"] == "usage"


def test_a_time_that_is_no_number_is_refused(tmp_path: Path) -> None:
    done = run("--work", str(tmp_path), SOURCE_DATE_EPOCH="yesterday")
    assert done.returncode == 2
    assert "'yesterday', expected seconds from 1970" in done.stderr


def test_an_image_has_the_time_of_the_commit(tmp_path: Path) -> None:
    assert commit_time("1700000000", tmp_path) == 1_700_000_000
    env = {**os.environ, "GIT_COMMITTER_DATE": "1600000000 +0800", "GIT_CONFIG_GLOBAL": "/dev/null"}
    names = ["-c", "user.name=n", "-c", "user.email=n@example.org"]
    subprocess.run(["git", "init", "-q", tmp_path], check=True, env=env)
    commit = ["git", *names, "-C", str(tmp_path), "commit", "-q", "--allow-empty", "-m", "one"]
    subprocess.run(commit, check=True, env=env)
    assert commit_time(None, tmp_path) == 1_600_000_000


def test_outside_of_a_checkout_the_time_has_to_be_given(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="expected seconds from 1970") as caught:
        commit_time(None, tmp_path / "no checkout")
    assert "SOURCE_DATE_EPOCH" in caught.value.hint


def test_the_version_grows_with_each_commit_and_may_be_given(tmp_path: Path) -> None:
    wish = Wish("arm64", 1_700_000_040, tmp_path, tmp_path)
    assert wish.version == 1_700_000_040 // 60
    assert Wish("arm64", 1_700_000_040, tmp_path, tmp_path, system=12).version == 12
    assert f"system = {wish.version}\n" in release_text(wish)
    assert wish.image.name == "satchel-node-arm64.img"


def test_the_compressed_image_unpacks_to_the_image_and_is_the_same_each_time(
    tmp_path: Path,
) -> None:
    image = tmp_path / "satchel-node-arm64.img"
    image.write_bytes(b"lessons " * 100_000)
    packed = [compress(image).read_bytes() for _ in range(2)]
    assert packed[0] == packed[1]
    unpacked = subprocess.check_output(["xz", "-dc", f"{image}.xz"])
    assert unpacked == image.read_bytes()
