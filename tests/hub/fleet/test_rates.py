"""So many at once, then one in so many seconds."""

import os
import signal
from collections.abc import Callable

import pytest

from hub.fleet.rates import Rate, name_of


def test_so_many_at_once_then_one_in_a_while() -> None:
    now = [1_000.0]
    rate = Rate(3, 10.0, lambda: now[0])
    for _ in range(3):
        assert rate.wait("a") == 0
        rate.count("a")
    assert rate.wait("a") == 10.0
    assert rate.wait("b") == 0
    now[0] += 10.0
    assert rate.wait("a") == 0
    rate.count("a")
    assert rate.wait("a") == 10.0
    now[0] += 1_000.0
    for _ in range(3):
        assert rate.wait("a") == 0
        rate.count("a")
    assert rate.wait("a") == 10.0


def test_what_it_remembers_is_bounded_and_who_did_it_last_stays() -> None:
    now = [0.0]
    rate = Rate(1, 60.0, lambda: now[0], names_max=100)
    for number in range(1_000):
        rate.count(str(number))
        now[0] += 0.001
    known = [number for number in range(1_000) if rate.wait(str(number)) > 0]
    assert len(known) <= 100
    assert set(range(960, 1_000)) & set(known) > set(range(992, 1_000))
    assert rate.wait("999") == pytest.approx(60.0, abs=0.01)


def test_addresses_count_by_who_has_them() -> None:
    assert name_of("192.0.2.1") == "192.0.2.1"
    assert name_of("::ffff:192.0.2.1") == "192.0.2.1"
    assert name_of("2001:db8::1") == name_of("2001:db8::2") == "2001:db8::/64"
    assert name_of("[2001:db8::1]:4711") == name_of("[2001:db8::1]") == "2001:db8::/64"
    assert name_of("[2001:db8::1") == "2001:db8::/64"
    assert name_of("[]:4711") == "[]:4711"
    assert name_of("fe80::1%eth0") == "fe80::/64"
    assert name_of("stick") == "stick"
    assert len(name_of("x" * 500)) == 64


@pytest.mark.parametrize("processes", [1, 2, 4])
def test_several_processes_together_allow_what_one_would(processes: int) -> None:
    rate = Rate(600, 0.25, lambda: 1_000.0)
    done = sum(in_processes(processes, lambda: through(rate, "all")))
    assert 600 <= done < 600 + processes  # each may have looked at the moment of the last one
    assert not through(rate, "all"), "nor does the one that forked them"


def test_a_process_that_dies_at_it_keeps_nobody_waiting() -> None:
    rate = Rate(1, 60.0, lambda: 1_000.0)
    pid = os.fork()
    if not pid:
        with rate._used_until.entry_of("a"):
            os.kill(os.getpid(), signal.SIGKILL)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -signal.SIGKILL
    assert through(rate, "a") == 1


def through(rate: Rate, name: str) -> int:
    """Do it for as long as one may; return how often that was."""
    often = 0
    while not rate.wait(name):
        rate.count(name)
        often += 1
    return often


def in_processes(count: int, work: Callable[[], int]) -> list[int]:
    """Return what `work` returns in each of some processes that are forked."""
    found = []
    for _ in range(count):
        reading, writing = os.pipe()
        if not os.fork():
            try:
                os.write(writing, str(work()).encode())
            finally:
                os._exit(0)
        os.close(writing)
        found.append(reading)
    said = [int(os.read(reading, 100)) for reading in found]
    for reading in found:
        os.close(reading)
        os.wait()
    return said
