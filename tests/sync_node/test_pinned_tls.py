"""A hub with a certificate of the district: believed whatever the clock says, and no other is.

A certificate of 2080 is to a machine of today what one of today is to a box whose clock says 1970.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import certifi
import pytest

from content_packs.errors import SourceUnavailable, UsageError
from content_packs.repository import TIMESTAMP
from sync_node import config, tls
from sync_node.config import Config, SourceConfig
from sync_node.hub_source import HubSource
from sync_node.tls import PUBLIC, Authorities
from tests.support.certificates import (
    FUTURE,
    NOW,
    PAST,
    Authority,
    ServerCertificate,
    authority,
)
from tests.support.identities import Box, a_repository
from tests.support.protocol import hub_keys
from tests.support.repositories import Repository
from tests.support.scripted_hub import ScriptedHub, scripted_hub

Valid = tuple[datetime, datetime]


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return a_repository(tmp_path / "repository", hub_keys=hub_keys())


@contextmanager
def hub_with(repository: Repository, certificate: ServerCertificate) -> Iterator[ScriptedHub]:
    with scripted_hub(repository, context=certificate.context()) as hub:
        yield hub


def fetched(hub: ScriptedHub, authorities: Authorities) -> bytes | None:
    source = HubSource(hub.url, authorities=authorities)
    try:
        return source.get(TIMESTAMP, bytes_max=20_000).body
    finally:
        source.close()


def pem_of(signer: Authority, folder: Path) -> Authorities:
    (folder / "ca.pem").write_bytes(signer.pem)
    return tls.authorities("ca.pem", folder)


@pytest.mark.parametrize("valid", [NOW, PAST, FUTURE], ids=["now", "lapsed", "clock-behind"])
def test_what_a_pinned_authority_signed_is_believed_at_any_time(
    repository: Repository, tmp_path: Path, valid: Valid
) -> None:
    signer = authority(valid)
    with hub_with(repository, signer.server(tmp_path)) as hub:
        assert fetched(hub, pem_of(signer, tmp_path)) == repository.read(TIMESTAMP)


@pytest.mark.parametrize("valid", [PAST, FUTURE], ids=["lapsed", "clock-behind"])
def test_a_box_whose_clock_is_wrong_gets_to_a_hub_with_a_public_certificate(
    repository: Repository, tmp_path: Path, valid: Valid, monkeypatch: pytest.MonkeyPatch
) -> None:
    signer = authority(valid)
    (tmp_path / "public.pem").write_bytes(signer.pem)
    monkeypatch.setattr(certifi, "where", lambda: str(tmp_path / "public.pem"))
    with hub_with(repository, signer.server(tmp_path)) as hub:
        assert fetched(hub, PUBLIC) == repository.read(TIMESTAMP)


def test_public_authorities_are_those_of_the_list_and_no_others(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "public.pem").write_bytes(authority(NOW).pem)
    monkeypatch.setattr(certifi, "where", lambda: str(tmp_path / "public.pem"))
    with (
        hub_with(repository, authority(NOW).server(tmp_path)) as hub,
        pytest.raises(SourceUnavailable, match="certificate"),
    ):
        fetched(hub, PUBLIC)


@pytest.mark.parametrize("valid", [NOW, PAST, FUTURE], ids=["now", "lapsed", "clock-behind"])
def test_the_one_certificate_that_is_pinned_is_believed_at_any_time(
    repository: Repository, tmp_path: Path, valid: Valid
) -> None:
    certificate = authority(valid).server(tmp_path, "another.name")
    pin = tls.authorities(f"sha256:{certificate.digest}", tmp_path)
    with hub_with(repository, certificate) as hub:
        assert fetched(hub, pin) == repository.read(TIMESTAMP)


def test_another_authority_of_the_same_name_is_refused(
    repository: Repository, tmp_path: Path
) -> None:
    with (
        hub_with(repository, authority().server(tmp_path)) as hub,
        pytest.raises(SourceUnavailable, match="can't be trusted"),
    ):
        fetched(hub, pem_of(authority(), tmp_path))


def test_a_pinned_authoritys_certificate_for_another_host_is_refused(
    repository: Repository, tmp_path: Path
) -> None:
    signer = authority()
    with (
        hub_with(repository, signer.server(tmp_path, "elsewhere.example")) as hub,
        pytest.raises(SourceUnavailable, match="can't be trusted"),
    ):
        fetched(hub, pem_of(signer, tmp_path))


def test_another_certificate_than_the_pinned_one_is_refused(
    repository: Repository, tmp_path: Path
) -> None:
    signer = authority()
    pinned = signer.server(tmp_path)
    with (
        hub_with(repository, signer.server(tmp_path)) as hub,
        pytest.raises(SourceUnavailable, match=r"isn't the one that node\.toml names"),
    ):
        fetched(hub, tls.authorities(f"sha256:{pinned.digest}", tmp_path))
    assert hub.gets == []  # nothing was asked of a stranger


def test_a_box_is_enrolled_and_heard_over_a_certificate_of_another_time(
    repository: Repository, tmp_path: Path
) -> None:
    signer = authority(FUTURE)
    with hub_with(repository, signer.server(tmp_path)) as hub:
        source = SourceConfig(hub=hub.url, ca="district.pem")
        box = Box(tmp_path / "node").initialise(repository, source)
        (box.root / "district.pem").write_bytes(signer.pem)
        hub.confirmed = True
        assert box.enrol().state == "enrolled"
        assert box.sync().troubles == []
        assert hub.check_ins


@pytest.mark.parametrize(
    "source",
    [
        SourceConfig(hub="http://hub.example/", ca="ca.pem"),
        SourceConfig(hub="https://hub.example/", ca="sha256:abc"),
        SourceConfig(hub="https://hub.example/", ca="sha256:" + "A" * 64),
        SourceConfig(hub="https://hub.example/", ca="a\0b"),
        SourceConfig(folder="/media/stick", ca="ca.pem"),
    ],
)
def test_a_ca_that_can_be_none_is_refused(source: SourceConfig) -> None:
    with pytest.raises(UsageError):
        config.check(Config(1, (source,)), what="node.toml")


def test_a_file_that_isnt_there_or_holds_no_certificate_is_told(tmp_path: Path) -> None:
    (tmp_path / "empty.pem").write_bytes(b"")
    (tmp_path / "noise.pem").write_bytes(b"\xff\xfe")
    for name in ("absent.pem", "empty.pem", "noise.pem"):
        with pytest.raises(UsageError, match="ca:"):
            tls.authorities(name, tmp_path)


def test_it_is_kept_in_node_toml() -> None:
    source = SourceConfig(hub="https://hub.example/", ca="sha256:" + "ab" * 32)
    wanted = Config(1, (source,), packs=("a-pack",), renditions=())
    assert config.decode(config.encode(wanted).encode(), what="x") == wanted
