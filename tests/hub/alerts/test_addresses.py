"""The hub speaks to nobody within its own network, whatever a URL says (SSRF)."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content_packs.errors import Refused, SatchelError, UsageError
from hub.alerts.addresses import checked, is_public, parse

PUBLIC = "93.184.215.14"


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
        "0.0.0.0", "255.255.255.255", "224.0.0.1", "192.0.2.1", "::1", "::", "fe80::1%eth0",  # noqa: S104  # refused
        "fc00::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "64:ff9b::7f00:1",
        "2002:7f00:1::", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:db8::1", "no address", "",
    ],
)  # fmt: skip
def test_an_address_that_is_not_public_is_refused(address: str):
    assert not is_public(address)
    with pytest.raises(Refused, match="isn't public"):
        checked(parse("https://alarm.example/hook"), (), lambda _host, _port: [address])


@pytest.mark.parametrize("address", [PUBLIC, "2606:2800:21f:cb07:6820:80da:af6b:8b2c"])
def test_a_public_address_is_the_one_that_is_asked(address: str):
    found = checked(parse("https://alarm.example/hook?a=1"), (), lambda _host, _port: [address])
    assert (found.address, found.host, found.port, found.path) == (
        address, "alarm.example", 443, "/hook?a=1",
    )  # fmt: skip


def test_one_private_address_among_public_ones_is_refused():
    with pytest.raises(Refused):
        checked(parse("https://alarm.example/"), (), lambda _host, _port: [PUBLIC, "10.0.0.1"])


def test_a_name_that_nobody_knows_is_said_to_be_unknown():
    def unknown(_host: str, _port: int) -> list[str]:
        raise OSError(-2, "Name or service not known")

    with pytest.raises(Refused, match="no address is known"):
        checked(parse("https://nowhere.example/"), (), unknown)


@pytest.mark.parametrize(
    "url",
    [
        "http://alarm.example/", "file:///etc/passwd", "gopher://alarm.example/", "//alarm.example",
        "https://", "https:///x", "https://name:word@alarm.example/", "https://alarm.example:99999/",
        "https://[::1", "https://alarm.example/\r\nHost: other", "https://алярм.example/", "",
        "https://a b/", "https://alarm.example/" + "x" * 3000,
    ],
)  # fmt: skip
def test_a_url_of_another_kind_is_refused(url: str):
    with pytest.raises(UsageError):
        parse(url)


def test_a_host_that_an_operator_allows_may_be_private_and_plain():
    url, allowed = "http://localhost:8080/hook", ("localhost",)
    found = checked(parse(url, allowed), allowed, lambda _host, _port: ["127.0.0.1"])
    assert (found.scheme, found.address, found.port) == ("http", "127.0.0.1", 8080)


@given(st.text(max_size=80))
def test_any_text_is_a_target_or_is_refused_in_words(url: str):
    try:
        found = parse(url)
    except SatchelError:
        return
    assert found.scheme == "https"


@given(st.ip_addresses(v=4))
def test_an_address_within_an_ipv6_one_is_judged_alike(address: ipaddress.IPv4Address):
    inside = ipaddress.IPv6Address(int(ipaddress.IPv6Address("::ffff:0:0")) + int(address))
    assert is_public(str(inside)) == is_public(str(address))
