"""So many at once, then one in so many seconds."""

import pytest

from hub.fleet.rates import Rate, name_of, share


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


def test_what_it_remembers_is_bounded() -> None:
    rate = Rate(1, 60.0, lambda: 0.0, names_max=100)
    for number in range(1_000):
        rate.count(str(number))
    assert sum(rate.wait(str(number)) > 0 for number in range(1_000)) == 100
    assert rate.wait("999") == 60.0


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


@pytest.mark.parametrize("processes", [1, 2, 4, 64])
def test_several_processes_together_allow_no_more_than_one_would(processes: int) -> None:
    now = [0.0]
    rates = [share(600, 0.2, lambda: now[0], processes) for _ in range(processes)]

    def tried() -> int:
        """Count how many get through who try wherever they may."""
        through = 0
        for rate in rates:
            while not rate.wait("all"):
                rate.count("all")
                through += 1
        return through

    assert 500 <= tried() <= 600
    for _ in range(100):
        now[0] += 1.0
        tried()
    now[0] += 60.0
    assert tried() <= 60 * 5 + processes
