"""The card as the emulator sees it: the protocol, and as qemu's own client speaks it."""

import random
import shutil
import socket
import struct
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deploy.image.booting.forgetting import ForgettingCard
from deploy.image.booting.nbd import CardServer

SIZE = 1 << 20
READ, WRITE, DISCONNECT, FLUSH, TRIM, WRITE_ZEROES = 0, 1, 2, 3, 4, 6
FUA = 1


@pytest.fixture
def card(tmp_path: Path) -> Iterator[ForgettingCard]:
    path = tmp_path / "card.img"
    path.write_bytes(bytes(SIZE))
    found = ForgettingCard(path, random.Random(1))
    yield found
    found.close()


@pytest.fixture
def place(card: ForgettingCard, tmp_path: Path) -> Iterator[Path]:
    with CardServer(card, tmp_path / "socket"):
        yield tmp_path / "socket"


class Client:
    """A client that has shaken hands by the option GO."""

    def __init__(self, place: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(10)
        self._socket.connect(str(place))
        assert self.take(18)[:16] == b"NBDMAGICIHAVEOPT"
        self._socket.sendall(struct.pack(">I", 3))
        assert self.option(8, b"") == [(0x80000001, b"")]  # structured replies: not here
        (kind, told), (end, _) = self.option(7, struct.pack(">IH", 0, 0))
        assert (kind, end) == (3, 1)
        self.size = struct.unpack(">HQH", told)[1]

    def option(self, option: int, data: bytes) -> list[tuple[int, bytes]]:
        self._socket.sendall(struct.pack(">8sII", b"IHAVEOPT", option, len(data)) + data)
        answers = []
        while not answers or answers[-1][0] == 3:
            _, same, kind, size = struct.unpack(">QIII", self.take(20))
            assert same == option
            answers.append((kind, self.take(size)))
        return answers

    def ask(
        self, command: int, at: int = 0, size: int = 0, data: bytes = b"", flags: int = 0
    ) -> tuple[int, bytes]:
        """Send a command; return the error's number and what was read."""
        self._socket.sendall(struct.pack(">IHHQQI", 0x25609513, flags, command, 7, at, size) + data)
        magic, error, cookie = struct.unpack(">IIQ", self.take(16))
        assert (magic, cookie) == (0x67446698, 7)
        return error, self.take(size) if command == READ and not error else b""

    def take(self, size: int) -> bytes:
        found = b""
        while len(found) < size:
            piece = self._socket.recv(size - len(found))
            assert piece, "the server hung up"
            found += piece
        return found

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def client(place: Path) -> Iterator[Client]:
    found = Client(place)
    yield found
    found.close()


def test_the_size_is_told(client: Client) -> None:
    assert client.size == SIZE


def test_what_is_written_is_read_and_kept_by_a_flush(
    client: Client, card: ForgettingCard, tmp_path: Path
) -> None:
    assert client.ask(WRITE, 700, 5, b"hello") == (0, b"")
    assert client.ask(READ, 698, 9) == (0, b"\0\0hello\0\0")
    assert b"hello" not in (tmp_path / "card.img").read_bytes()
    assert client.ask(FLUSH) == (0, b"")
    assert b"hello" in (tmp_path / "card.img").read_bytes()
    assert card.flushes == 1


def test_a_write_that_has_to_stay_is_kept_at_once(client: Client, tmp_path: Path) -> None:
    client.ask(WRITE, 0, 5, b"stays", flags=FUA)
    assert (tmp_path / "card.img").read_bytes().startswith(b"stays")


def test_zeros_are_written(client: Client) -> None:
    client.ask(WRITE, 0, 9, b"123456789")
    assert client.ask(WRITE_ZEROES, 2, 4) == (0, b"")
    assert client.ask(READ, 0, 9) == (0, b"12\0\0\0\x00789")


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from([READ, WRITE_ZEROES, TRIM, 99]), st.integers(0, 2**63), st.integers(0, 4096))
def test_what_is_outside_or_unknown_is_an_error_and_the_talk_goes_on(
    client: Client, command: int, at: int, size: int
) -> None:
    error, _ = client.ask(command, at, size)
    assert bool(error) == (at + size > SIZE or command in {TRIM, 99})
    assert client.ask(READ, 0, 1)[0] == 0


def test_another_may_come_when_one_has_hung_up(place: Path) -> None:
    for _ in range(2):
        one = Client(place)
        one.ask(FLUSH)
        one.close()


@pytest.mark.skipif(shutil.which("qemu-io") is None, reason="needs qemu-io (package qemu-utils)")
def test_qemus_own_client_reads_what_it_wrote(place: Path, card: ForgettingCard) -> None:
    address = f"nbd+unix:///?socket={place}"
    commands = ["-c", "write -P 0x5a 64k 64k", "-c", "flush", "-c", "read -P 0x5a 64k 64k",
                "-c", "write -z 64k 4k", "-c", "read -P 0 64k 4k"]  # fmt: skip
    done = subprocess.run(
        ["qemu-io", "-f", "raw", *commands, address],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Pattern verification failed" not in done.stdout
    assert card.flushes >= 1
    assert card.written_bytes == (64 + 4) << 10
