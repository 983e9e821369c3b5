"""Lock files: an image is what they name, so nothing that is doubtful may be read from one."""

import contextlib
import dataclasses
from pathlib import Path
from random import Random
from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content_packs.errors import InvalidContent
from deploy.image import locking
from deploy.image.contents import KINDS
from deploy.image.lock_file import ARCHITECTURES, Deb, Lock, Wheel, parse

Entry = TypeVar("Entry", Deb, Wheel)

DIGEST = "0123456789abcdef" * 4
DEB = f"kmod 30+20221128-1 {DIGEST} 89920 debian/pool/main/k/kmod/kmod_30+20221128-1_arm64.deb"
WHEEL = f"click 8.5.1 {DIGEST} click-8.5.1-py3-none-any.whl"
HEAD = "satchel-image-lock 1\narchitecture arm64\n"

digests = st.text("0123456789abcdef", min_size=64, max_size=64)
names = st.from_regex(r"[a-z0-9][a-z0-9+.-]{1,30}", fullmatch=True)
python_names = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?", fullmatch=True)
versions = st.from_regex(r"[0-9][0-9.:~+-]{0,20}", fullmatch=True)
debs = st.builds(
    Deb,
    names,
    versions,
    digests,
    st.integers(1, 10**9),
    st.builds(
        "{}/pool/main/{}/{}.deb".format,
        st.sampled_from(["debian", "debian-security"]),
        st.from_regex(r"[a-z0-9][a-z0-9+.-]{0,10}", fullmatch=True),
        st.from_regex(r"[a-z0-9][a-z0-9+.~%_-]{0,30}", fullmatch=True),
    ),
)
wheels = st.builds(
    Wheel,
    python_names,
    st.from_regex(r"[0-9][0-9a-z.]{0,10}", fullmatch=True),
    digests,
    st.from_regex(r"[a-z_]{1,10}-[0-9.]{1,6}-py3-none-any\.whl", fullmatch=True),
)


def each_name_once(entries: st.SearchStrategy[Entry]) -> st.SearchStrategy[tuple[Entry, ...]]:
    return st.lists(entries, max_size=5, unique_by=lambda entry: entry.name).map(tuple)


locks = st.builds(
    Lock,
    st.sampled_from(ARCHITECTURES),
    st.lists(names, max_size=5, unique=True).map(tuple),
    each_name_once(debs),
    each_name_once(debs),
    each_name_once(wheels),
    each_name_once(wheels),
)


@given(locks)
def test_what_is_written_is_read_again(lock: Lock) -> None:
    assert parse(lock.text(), name="some.lock") == lock.sorted()


@given(locks, st.randoms(use_true_random=False))
def test_the_order_in_which_things_were_found_is_not_in_the_file(
    lock: Lock, random: Random
) -> None:
    entries = list(lock.installed)
    random.shuffle(entries)
    assert dataclasses.replace(lock, installed=tuple(entries)).text() == lock.text()


@given(locks, st.data())
def test_a_damaged_file_is_refused_or_says_something_else(lock: Lock, data: st.DataObject) -> None:
    text = lock.text()
    place = data.draw(st.integers(0, len(text) - 1))
    put = data.draw(st.characters(codec="utf-8").filter(lambda new: new != text[place]))
    try:
        read = parse(text[:place] + put + text[place + 1 :], name="some.lock")
    except InvalidContent:
        return
    assert read != lock.sorted() or put.isspace() or text[place].isspace()


@given(st.text())
def test_any_text_is_read_or_refused_in_words(text: str) -> None:
    with contextlib.suppress(InvalidContent):
        assert parse(text, name="some.lock").text()


def test_comments_and_empty_lines_mean_nothing() -> None:
    lock = parse(f"# why\n\n{HEAD}\n# a package\ninstalled {DEB}\n", name="some.lock")
    assert [deb.name for deb in lock.installed] == ["kmod"]
    assert lock.installed[0].archive == "debian"
    assert lock.installed[0].path == "pool/main/k/kmod/kmod_30+20221128-1_arm64.deb"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "ends before it names an architecture"),
        ("satchel-image-lock 2\n", "line 1: found 'satchel-image-lock 2'"),
        ("satchel-image-lock 1\narchitecture riscv64\n", "architecture arm64 or amd64"),
        (HEAD + "bought kmod\n", "line 3: found 'bought', expected one of asked,"),
        (HEAD + f"installed {DEB} more\n", "installed NAME VERSION SHA256 BYTES ADDRESS"),
        (HEAD + f"installed {DEB}\n".replace(DIGEST, DIGEST[1:]), "expected a SHA-256"),
        (HEAD + f"installed {DEB}\n".replace("89920", "0"), "expected a bytes"),
        (HEAD + f"installed {DEB}\n".replace("debian/pool", "elsewhere/pool"), "a address"),
        (HEAD + f"installed {DEB}\n".replace("main/k", "main/../k"), "a address"),
        (HEAD + f"installed {DEB}\ninstalled {DEB}\n", "line 4: found"),
        (HEAD + f"wheel {WHEEL}\n".replace("-py3-none-any.whl", ".tar.gz"), "expected a wheel"),
        (HEAD + f"wheel {WHEEL}\n".replace("click-", "../click-"), "expected a wheel"),
        (HEAD + f"asked {'a' * 600}\n", "at most 500 characters"),
        (HEAD + "asked a\n" * 3000, "3002 lines, at most 2000"),
    ],
)
def test_a_fault_is_told_with_its_line_and_what_was_expected(text: str, said: str) -> None:
    with pytest.raises(InvalidContent) as caught:
        parse(text, name="arm64.lock")
    assert said in caught.value.message
    assert caught.value.message.startswith("arm64.lock")
    assert "--lock" in caught.value.hint


def test_two_versions_of_one_package_are_refused() -> None:
    other = DEB.replace("89920", "89921")
    with pytest.raises(InvalidContent, match="installed kmod stands there twice"):
        parse(f"{HEAD}installed {DEB}\ninstalled {other}\n", name="arm64.lock")


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_the_committed_lock_files_are_of_what_is_asked_for_now(architecture: str) -> None:
    lock = locking.read(architecture)
    installed = {deb.name for deb in lock.installed}
    assert set(locking.asked_packages(architecture)) <= installed
    for name in (*KINDS[architecture].unpacked, "linux-image"):
        assert lock.deb(name).size
    assert not installed & {"apt", "openssh-server", "perl"}, "a box has no use for them"
    assert {"tuf", "flask", "zstandard"} <= {wheel.name for wheel in lock.wheels}
    assert "hatchling" in {wheel.name for wheel in lock.tools}


def test_both_architectures_have_the_same_python_packages() -> None:
    arm64, amd64 = (locking.read(architecture) for architecture in ARCHITECTURES)
    versions_of = [{(one.name, one.version) for one in lock.wheels} for lock in (arm64, amd64)]
    assert versions_of[0] == versions_of[1]


def test_a_lock_file_that_is_older_than_the_lists_is_refused(tmp_path: Path) -> None:
    text = locking.lock_path("arm64").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("installed hostapd ")]
    locking.lock_path("arm64", tmp_path).write_text("\n".join(lines))
    with pytest.raises(InvalidContent, match=r"for other packages .*: hostapd") as caught:
        locking.read("arm64", tmp_path)
    assert "--lock --arch arm64" in caught.value.hint
