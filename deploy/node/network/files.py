"""What the programs of the network are told: hostapd, dnsmasq, nft and the site. Texts, no I/O.

Every value that comes from outside was checked (wish.py, interfaces.py); a network's name still
goes to hostapd in hexadecimal, since it may be any text.
"""

import json
from typing import NamedTuple

from deploy.node.network.interfaces import Interface
from deploy.node.network.wish import Wish

ADDRESS = "172.27.0.1"  # of the box, for phones
PREFIX = 22
NETWORK = "172.27.0.0/22"
LEASES = ("172.27.0.50", "172.27.3.250")  # 969 phones; below them room for access points
LEASES_PLACE = "/run/satchel/leases/leases"  # in memory: satchel-addresses.service makes it
NETMASK = "255.255.252.0"
LEASES_MAX = 969
LEASE_HOURS = 12
NAME = "satchel.lan"
NAME_SHORT = "satchel"
NAME_MDNS = "satchel.local"  # answered by mDNS, too: sync_node/own_name.py
ANSWER_SECONDS = 30  # that a phone may believe an answer: it soon is in another network
CHANNELS = (1, 6, 11)  # of 2.4 GHz, those that don't overlap, allowed in every country
PHONE_GONE_SECONDS = 300  # after which a silent phone is asked whether it is still there
SITE_PORT = 80
# Where Windows asks whether DNS tells the truth, and the answer that it knows.
WINDOWS_TRUTH = ("dns.msftncsi.com", "131.107.255.255")
# Whoever finds these goes around the network's own names (Firefox's DNS, Apple's relay), or asks
# it for a proxy.
MUST_NOT_EXIST = (
    "use-application-dns.net", "mask.icloud.com", "mask-h2.icloud.com", "wpad.lan", "wpad",
)  # fmt: skip
# What the firmware of radios is known to bear. Of others the driver says it, or nobody knows.
PHONES_OF_DRIVER = {"brcmfmac": 8}


class Plan(NamedTuple):
    """The network that is to be. `channel`: of the radio, 0 on a wire."""

    wish: Wish
    school: Interface
    channel: int = 0


def hostapd(plan: Plan) -> str:
    """Return hostapd's configuration: WPA2 or open, 2.4 GHz, phones kept apart."""
    wish = plan.wish
    lines = [
        f"interface={plan.school.name}",
        "driver=nl80211",
        f"ssid2={wish.name.encode().hex()}",
        "utf8_ssid=1",
        "hw_mode=g",
        f"channel={plan.channel}",
        "ieee80211n=1",
        "wmm_enabled=1",
        "ap_isolate=1",
        f"ap_max_inactivity={PHONE_GONE_SECONDS}",
        "logger_syslog=0",  # it says all on its output, too
        "logger_stdout_level=3",  # what is amiss; not each phone that comes
    ]
    if wish.country:
        lines += [f"country_code={wish.country}", "ieee80211d=1"]
    if wish.phones_max:
        lines.append(f"max_num_sta={wish.phones_max}")
    if wish.passphrase:
        # No WPA3: firmware of built-in radios has none for access points, old phones neither.
        lines += [
            "wpa=2",
            "wpa_key_mgmt=WPA-PSK",
            "rsn_pairwise=CCMP",
            f"wpa_passphrase={wish.passphrase}",
        ]
    else:
        lines.append("auth_algs=1")
    return "\n".join(lines) + "\n"


def dnsmasq(plan: Plan) -> str:
    """Return dnsmasq's configuration."""
    first, last = LEASES
    lines = [
        f"interface={plan.school.name}",
        "except-interface=lo",
        "bind-dynamic",
        "no-resolv",
        "no-hosts",
        "cache-size=0",
        f"local-ttl={ANSWER_SECONDS}",
        f"dhcp-range={first},{last},{NETMASK},{LEASE_HOURS}h",
        f"dhcp-lease-max={LEASES_MAX}",
        f"dhcp-leasefile={LEASES_PLACE}",
        "dhcp-authoritative",  # after a power cut phones come with addresses that nobody remembers
        "dhcp-rapid-commit",
        "dhcp-ignore-names",  # a phone can't name itself as the box
        "quiet-dhcp",  # whose phone it is doesn't go into logs
        "domain=lan",
        'dhcp-option=252,"\\n"',  # Windows needn't look for a proxy
    ]
    for name in (NAME, NAME_MDNS, NAME_SHORT):
        lines += _known(name)
    lines += [f"address=/{name}/" for name in MUST_NOT_EXIST]
    if plan.wish.captive:
        lines += [*_known("#"), "address=/{}/{}".format(*WINDOWS_TRUTH)]
    else:  # no portal, said in the words of RFC 8910; and no other name is known
        lines += ['dhcp-option=114,"urn:ietf:params:capport:unrestricted"', "address=/#/"]
    return "\n".join(lines) + "\n"


def _known(name: str) -> list[str]:
    """Return that a name is the box's. `local`: it has no IPv6 address, rather than "refused"."""
    return [f"address=/{name}/{ADDRESS}", f"local=/{name}/"]


def nftables(plan: Plan | None) -> str:
    """Return the packet filter's rules: what phones may ask the box, and that nothing goes through.

    None: no phones; then only what comes from outside is held off.
    """
    school = _school_rules(plan.school.name, captive=plan.wish.captive) if plan else ""
    from_school = f'\t\tiifname "{plan.school.name}" jump from_school\n' if plan else ""
    return f"""\
table inet satchel
delete table inet satchel
table inet satchel {{
\tchain input {{
\t\ttype filter hook input priority filter; policy drop;
\t\tiifname "lo" accept
\t\tct state established,related accept
\t\tct state invalid drop
{from_school}\t\tmeta l4proto {{ icmp, icmpv6 }} limit rate 50/second accept
\t\tudp sport 67 udp dport 68 accept comment "its own address"
\t\tudp dport {{ 546, 5353 }} accept
\t\ttcp dport {{ 22, {SITE_PORT} }} accept comment "22: where somebody installed it"
\t}}
\tchain forward {{
\t\ttype filter hook forward priority filter; policy drop;
\t}}
{school}}}
"""


def _school_rules(name: str, *, captive: bool) -> str:
    asked_elsewhere = (
        f"\t\ttcp dport {SITE_PORT} redirect to :{SITE_PORT}\n" if captive else ""
    )  # a phone that knows a probe's address still gets the portal
    return f"""\
\tchain from_school {{
\t\tmeta l4proto {{ icmp, icmpv6 }} limit rate 200/second accept
\t\tudp dport {{ 53, 67, 5353 }} accept
\t\ttcp dport {{ 53, {SITE_PORT} }} accept
\t\tmeta l4proto tcp reject with tcp reset
\t\treject with icmpx admin-prohibited
\t}}
\tchain asked_elsewhere {{
\t\ttype nat hook prerouting priority dstnat;
\t\tiifname != "{name}" accept
\t\tfib daddr type local accept
\t\tmeta l4proto {{ tcp, udp }} th dport 53 redirect to :53
{asked_elsewhere}\t}}
\tchain nowhere_else {{
\t\ttype filter hook prerouting priority filter;
\t\tiifname != "{name}" accept
\t\tfib daddr type {{ local, broadcast, multicast }} accept
\t\tmeta l4proto tcp reject with tcp reset
\t\treject with icmpx admin-prohibited
\t}}
"""


def portal(plan: Plan) -> str:
    """Return what the site is told: sync_node/lan/portal reads it."""
    return _json(
        {
            "format": 1,
            "captive": plan.wish.captive,
            "address": ADDRESS,
            "network": NETWORK,
            "name": NAME,
            "wifi": plan.wish.name if plan.wish.mode == "built-in" else "",
        }
    )


def unmanaged(plan: Plan) -> str:
    """Return the file for systemd-networkd that leaves the school's side to us."""
    return f"[Match]\nName={plan.school.name}\n\n[Link]\nUnmanaged=yes\n"


def resolv_conf(servers: tuple[str, ...]) -> str:
    """Return whom the box itself asks for names."""
    return "".join(f"nameserver {each}\n" for each in servers)


def stations(found: list[dict[str, int]], limit: int, *, kind: str, is_up: bool) -> str:
    """Return who is on the Wi-Fi (sync_node/STATE.md); `limit`: 0 where it isn't known.

    `kind` of the interface that they come by; `is_up`: whether it is on the air, or has something
    alive at the other end of its cable.
    """
    by = "radio" if kind == "wifi" else "cable"
    said = {"format": 1, "by": by, "is_up": is_up, "stations": found}
    return _json({**said, **({"limit": limit} if limit else {})})


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n"
