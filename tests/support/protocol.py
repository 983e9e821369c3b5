"""Keys, and hypothesis strategies for what hub and node say to each other."""

from collections.abc import Callable
from datetime import UTC, datetime

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from content_packs import enrolment_codes
from content_packs.desired_state import Budget, DesiredPin, DesiredState, Window
from content_packs.hub_keys import HubKeys, keyid_of
from content_packs.limits import INTEGER_MAX, VERSION_MAX
from content_packs.messages import DIGEST_OF_NOTHING
from content_packs.names import RENDITIONS
from content_packs.protocol import Claim, Credential, Receipt, StatusList, Time
from content_packs.reports import (
    Clock,
    Coming,
    CourierVisit,
    Disk,
    HubLink,
    PackReadiness,
    Power,
    RecordsWaiting,
    Report,
    Ticks,
    Trouble,
    Versions,
    WifiStations,
)
from content_packs.signed_documents import public_keyid
from tests.support.strategies import names

NODE_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
SERVICE_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
OTHER_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(2, 34)))
SEAL_KEY = X25519PrivateKey.from_private_bytes(bytes(range(3, 35)))
ESCROW_KEY = X25519PrivateKey.from_private_bytes(bytes(range(4, 36)))
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def raw_hex(key: Ed25519PrivateKey) -> str:
    return key.public_key().public_bytes_raw().hex()


def by_keyid(*keys: Ed25519PrivateKey) -> dict[str, Ed25519PublicKey]:
    return {public_keyid(key.public_key()): key.public_key() for key in keys}


def seal_keyid(key: X25519PrivateKey) -> str:
    return keyid_of(key.public_key().public_bytes_raw())


def hub_keys() -> HubKeys:
    return HubKeys(
        service={public_keyid(SERVICE_KEY.public_key()): bytes.fromhex(raw_hex(SERVICE_KEY))},
        seal={seal_keyid(SEAL_KEY): SEAL_KEY.public_key().public_bytes_raw()},
        escrow={seal_keyid(ESCROW_KEY): ESCROW_KEY.public_key().public_bytes_raw()},
    )


def counting() -> Callable[[int], bytes]:
    """Return made-up randomness that never repeats."""
    calls = iter(range(1, 1_000_000))
    return lambda size: next(calls).to_bytes(size)


def a_credential() -> Credential:
    return Credential(
        node="qamdo-7",
        school="qamdo",
        district="east",
        key=raw_hex(NODE_KEY),
        serial=1,
        issued_at=NOON,
        groups=("pilot",),
    )


def a_report() -> Report:
    return Report(
        at=NOON,
        versions=Versions(satchel="0.1.0"),
        disk=Disk(total=32_000_000_000, free=9_000_000_000),
        clock=Clock(trusted=NOON, sure="exact"),
        ticks=Ticks(since=NOON),
    )


def a_full_report() -> Report:
    """A report with every part."""
    return msgspec.structs.replace(
        a_report(),
        packs=(
            PackReadiness(
                pack="maths", channel="main", version=4, lessons_ready=3, lessons_total=9,
                lessons_older=6, bytes_to_come=5_000_000, held_version=None, bytes_wanted=9_000_000,
                verified_version=3, opened=6, used=2, rolled_back=2,
            ),
        ),
        records=RecordsWaiting(count=340, oldest_at=NOON, sealed=120),
        stations=WifiStations(count=31, weak=4, weakest_dbm=-82),
        power=Power(since=NOON, cuts=3, cuts_in_all=17, last_at=NOON, undervoltage=True),
        link=HubLink(
            since=NOON, bytes_per_second=21_000, minutes_per_day=130, duty_percent=40,
            next_contact=NOON,
        ),
        coming=Coming(bytes=5_000_000, lessons=6, done_at=NOON, waits_for="window", goes_on=NOON),
        courier=CourierVisit(at=NOON, state="done", bytes_in=700_000, batches=2),
    )  # fmt: skip


moments: SearchStrategy[datetime] = st.datetimes(
    datetime(1970, 1, 1),  # noqa: DTZ001  # hypothesis wants naive bounds
    datetime(2999, 12, 31),  # noqa: DTZ001  # as above
).map(lambda time: time.replace(microsecond=0, tzinfo=UTC))
counts = st.integers(0, INTEGER_MAX)
numbers = st.integers(1, INTEGER_MAX)
versions = st.integers(1, VERSION_MAX)
digests = st.binary(min_size=32, max_size=32).filter(any).map(bytes.hex)
nonces = st.binary(min_size=16, max_size=16).map(bytes.hex)
codes = st.binary(min_size=7, max_size=7).map(enrolment_codes.generate)
lines = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\u2028\u2029"), max_size=40
)


def maybe(strategy: SearchStrategy[object]) -> SearchStrategy[object]:
    return st.none() | strategy


def tuples(strategy: SearchStrategy[object], most: int = 3) -> SearchStrategy[object]:
    return st.lists(strategy, max_size=most, unique=True).map(tuple)


claims = st.builds(
    Claim,
    code=codes,
    key=st.just(raw_hex(NODE_KEY)),
    nonce=nonces,
    model=lines,
    serial=lines,
    software=lines,
)
credentials = st.builds(
    Credential,
    node=names,
    school=names,
    district=names,
    key=digests,
    serial=numbers,
    issued_at=moments,
    groups=tuples(names),
    school_title=lines,
)
times = st.builds(Time, time=moments, node=names, nonce=nonces | st.just(""))
receipts = st.builds(
    Receipt, node=names, keyid=digests, sequence=numbers, digest=digests, issued_at=moments
) | st.builds(
    Receipt,
    node=names,
    keyid=digests,
    sequence=st.just(0),
    digest=st.just(DIGEST_OF_NOTHING),
    issued_at=moments,
)
status_lists = st.builds(
    StatusList, number=counts, revoked=st.dictionaries(names, moments, max_size=4)
)
classes = tuples(st.sampled_from(["text", "other", "audio", "video"]))
clock_times = st.sampled_from(["00:00", "07:30", "22:59", "24:00"])
windows = st.builds(
    Window,
    opens=clock_times,
    closes=clock_times,
    classes=classes,
    kbit_per_second=st.integers(0, 10_000_000),
)
budgets = st.builds(
    Budget, metered=st.booleans(), classes=classes, megabytes_per_day=st.integers(0, 10_000_000)
)
pins = st.builds(DesiredPin, pack=names, lesson=names | st.just(""))


@st.composite
def _desired_states(draw: st.DrawFn) -> DesiredState:
    for_node = draw(st.booleans())
    return DesiredState(
        number=draw(numbers),
        issued_at=draw(moments),
        node=draw(names) if for_node else "",
        group="" if for_node else draw(names),
        channels=draw(maybe(tuples(names))),
        packs=draw(maybe(tuples(names))),
        renditions=draw(maybe(tuples(st.sampled_from(RENDITIONS)))),
        windows=draw(maybe(tuples(windows))),
        budget=draw(maybe(budgets)),
        pins=draw(maybe(tuples(pins))),
        time_zone=draw(maybe(st.sampled_from(["Asia/Shanghai", "+08:00", ""]))),
    )


desired_states = _desired_states()
readiness = st.builds(
    PackReadiness,
    pack=names,
    channel=names,
    version=maybe(versions),
    lessons_ready=counts,
    lessons_total=maybe(counts),
    lessons_older=counts,
    bytes_to_come=maybe(counts),
    held_version=maybe(versions),
    retired=st.booleans(),
    bytes_wanted=maybe(counts),
    verified_version=maybe(versions),
    opened=counts,
    used=counts,
    rolled_back=maybe(versions),
)
reports: SearchStrategy[Report] = st.builds(
    Report,
    at=moments,
    versions=st.builds(Versions, satchel=lines, system=lines, model=lines),
    disk=st.builds(
        Disk,
        total=counts,
        free=counts,
        store_files=counts,
        trouble=st.sampled_from(["", "full", "read-only", "failing", "unreadable"]),
    ),
    clock=st.builds(
        Clock,
        trusted=moments,
        sure=st.sampled_from(["exact", "at-least", "unknown"]),
        clock_is=st.sampled_from(["right", "behind", "ahead", "unproven"]),
        system=maybe(moments),
    ),
    ticks=st.builds(
        Ticks, since=moments, ticks=counts, failed=counts, bytes_in=counts, last_outcome=lines
    ),
    packs=tuples(readiness),
    troubles=tuples(st.builds(Trouble, code=names, text=lines, since=maybe(moments))),
    stale_since=maybe(moments),
    paused=st.booleans(),
    desired_state=counts,
    records=maybe(st.builds(RecordsWaiting, count=counts, oldest_at=maybe(moments), sealed=counts)),
    stations=maybe(
        st.builds(WifiStations, count=counts, weak=counts, weakest_dbm=maybe(st.integers(-200, 50)))
    ),
    power=maybe(
        st.builds(
            Power,
            since=moments,
            cuts=counts,
            cuts_in_all=counts,
            last_at=maybe(moments),
            undervoltage=maybe(st.booleans()),
        )
    ),
    link=maybe(
        st.builds(
            HubLink,
            since=moments,
            bytes_per_second=counts,
            minutes_per_day=st.integers(0, 1_440),
            duty_percent=maybe(st.integers(0, 100)),
            next_contact=maybe(moments),
        )
    ),
    coming=maybe(
        st.builds(Coming, bytes=counts, lessons=counts, done_at=maybe(moments), waits_for=names)
    ),
    courier=maybe(st.builds(CourierVisit, at=moments, state=names, batches=counts)),
)
