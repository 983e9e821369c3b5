"""The list of revoked nodes comes with any source, and counts for what is signed and no more."""

from datetime import timedelta
from pathlib import Path

import pytest

from content_packs import protocol, repository
from content_packs.digests import digest_of
from content_packs.errors import InvalidContent, Missing, SatchelError, SourceUnavailable
from content_packs.protocol import StatusList
from sync_node.data_dir import DataDir
from sync_node.folder_source import FolderSource
from sync_node.revocations import REVOKED, Revocations
from sync_node.sources import Sources
from tests.support.protocol import NOON, a_credential

LIST = StatusList(number=4, revoked={"qamdo-7": NOON, "kham-3": NOON})
DATA = protocol.status_list_bytes(LIST)
WANTED = (digest_of(DATA), len(DATA))


@pytest.fixture
def held(tmp_path: Path) -> Revocations:
    return Revocations(DataDir(tmp_path / "node"))


def a_source(folder: Path, data: bytes | None = DATA) -> FolderSource:
    (folder / "metadata").mkdir(parents=True)
    if data is not None:
        (folder / "status").mkdir()
        (folder / repository.status_path(WANTED[0])).write_bytes(data)
    return FolderSource(folder)


def test_without_a_list_nobody_is_revoked(held: Revocations) -> None:
    assert held.number == 0
    assert not held.is_revoked("qamdo-7")
    assert held.own() is None


def test_it_is_brought_once(held: Revocations, tmp_path: Path) -> None:
    sources = Sources([a_source(tmp_path / "stick")])
    assert held.bring(WANTED, sources)
    assert not held.bring(WANTED, Sources([]))
    assert held.number == 4
    assert held.is_revoked("kham-3")
    assert not held.is_revoked("kham-4")


def test_a_credential_that_is_newer_counts(held: Revocations, tmp_path: Path) -> None:
    held.bring(WANTED, Sources([a_source(tmp_path / "stick")]))
    old = a_credential()
    assert held.is_revoked("qamdo-7", old)
    new = type(old)(
        node=old.node, school=old.school, district=old.district, key=old.key, serial=2,
        issued_at=NOON + timedelta(seconds=1),
    )  # fmt: skip
    assert not held.is_revoked("qamdo-7", new)
    assert held.is_revoked("kham-3", new), "another's credential speaks for nobody else"


@pytest.mark.parametrize(
    "data", [DATA + b" ", DATA[:-1], DATA.replace(b"kham-3", b"kham-4"), b"", b"x" * 2_000_000]
)
def test_what_isnt_signed_so_is_refused(held: Revocations, tmp_path: Path, data: bytes) -> None:
    with pytest.raises(InvalidContent):
        held.bring(WANTED, Sources([a_source(tmp_path / "stick", data)]))
    assert held.number == 0


def test_a_source_that_lies_or_lacks_it_leaves_it_to_the_next(
    held: Revocations, tmp_path: Path
) -> None:
    sources = [
        a_source(tmp_path / "lying", DATA + b" "),
        a_source(tmp_path / "lacking", None),
        a_source(tmp_path / "honest"),
    ]
    assert held.bring(WANTED, Sources(sources))


@pytest.mark.parametrize(("sources", "error"), [([], SourceUnavailable), (["lacking"], Missing)])
def test_where_none_has_it_that_is_told(
    held: Revocations, tmp_path: Path, sources: list[str], error: type[SatchelError]
) -> None:
    found = [a_source(tmp_path / name, None) for name in sources]
    with pytest.raises(error):
        held.bring(WANTED, Sources(found))


def test_one_that_rotted_is_fetched_again(held: Revocations, tmp_path: Path) -> None:
    sources = Sources([a_source(tmp_path / "stick")])
    held.bring(WANTED, sources)
    (tmp_path / "node" / "from-hub" / REVOKED).write_bytes(b"rot")
    assert held.number == 0
    assert held.bring(WANTED, sources)
    assert held.number == 4


def test_bytes_that_are_signed_but_no_list_are_refused(held: Revocations, tmp_path: Path) -> None:
    data = b'{"format":1,"number":-1}'
    (tmp_path / "stick" / "status").mkdir(parents=True)
    (tmp_path / "stick" / "metadata").mkdir()
    (tmp_path / "stick" / repository.status_path(digest_of(data))).write_bytes(data)
    with pytest.raises(InvalidContent):
        held.bring((digest_of(data), len(data)), Sources([FolderSource(tmp_path / "stick")]))
