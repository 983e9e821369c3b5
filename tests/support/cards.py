"""A hub's root and targets, seeds of cards that they vouch for, and receipts."""

from datetime import timedelta
from functools import cache

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import strategies as st
from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import Metadata, Root, Targets
from tuf.api.serialization.json import JSONSerializer

from content_packs import card_seeds, enrolment_codes, hub_keys
from content_packs.card_receipts import CardReceipt, Device, PreloadedPack
from content_packs.card_seeds import CardSeed, SeedHub, Wifi
from content_packs.limits import CARD_NUMBER_MAX, INTEGER_MAX
from content_packs.messages import to_base64
from tests.support.protocol import (
    NOON,
    SERVICE_KEY,
    codes,
    digests,
    lines,
    moments,
    tuples,
    versions,
)
from tests.support.protocol import hub_keys as keys_of_hub
from tests.support.strategies import names

ROOT_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(5, 37)))
TARGETS_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(6, 38)))
_COMPACT = JSONSerializer(compact=True)
_FAR = timedelta(days=3650)


@cache
def root_of(root_key: Ed25519PrivateKey, targets_key: Ed25519PrivateKey) -> bytes:
    """Return root metadata, signed by itself, whose targets that key signs."""
    root = Root(version=1, expires=NOON + _FAR, consistent_snapshot=True)
    signers = {"root": CryptoSigner(root_key), "targets": CryptoSigner(targets_key)}
    for role, signer in signers.items():
        root.add_key(signer.public_key, role)
    signed = Metadata(root)
    signed.sign(signers["root"])
    return signed.to_bytes(_COMPACT)


@cache
def targets_of(targets_key: Ed25519PrivateKey) -> bytes:
    """Return targets metadata that names the keys of `tests.support.protocol`."""
    named = {hub_keys.FIELD: keys_of_hub().to_field()}
    signed = Metadata(Targets(expires=NOON + _FAR, unrecognized_fields=named))
    signed.sign(CryptoSigner(targets_key))
    return signed.to_bytes(_COMPACT)


ROOT = root_of(ROOT_KEY, TARGETS_KEY)
TARGETS = targets_of(TARGETS_KEY)


def a_seed(**changes: object) -> CardSeed:
    seed = CardSeed(
        card=17,
        school="qamdo",
        school_title="昌都小学",
        hub_title="Qamdo district",
        made_at=NOON,
        hubs=(SeedHub(address="https://hub.example/", metered=True),),
        root=to_base64(ROOT),
        targets=to_base64(TARGETS),
        code="EDGQ8RV8CNX",
        code_expires_at=NOON + timedelta(days=90),
        technician_code="0123456789AB",
        teacher_code="CDEFGHJKMNPQ",
        channels=("main", "maths"),
        wifi=Wifi(name="昌都小学 Satchel", passphrase="eight or more", country="CN"),
        language="zh",
        time_zone="Asia/Shanghai",
    )
    return msgspec.structs.replace(seed, **changes)


def document_of(seed: CardSeed) -> bytes:
    return card_seeds.sign(seed, SERVICE_KEY)


def a_receipt(**changes: object) -> CardReceipt:
    receipt = CardReceipt(
        card=17,
        school="qamdo",
        seed=card_seeds.open_seed(document_of(a_seed())).digest,
        image="ab" * 32,
        system=3,
        satchel="0.1.0",
        at=NOON,
        device=Device(size=31_914_983_424, model="SD Card Reader", serial="0x1f2e3d4c"),
        result="written",
        packs=(PreloadedPack(pack="grade4-maths", version=2),),
        seconds=312,
        label="0017 昌都小学",
    )
    return msgspec.structs.replace(receipt, **changes)


box_codes = st.text(enrolment_codes.ALPHABET, min_size=12, max_size=12)
numbers_of_cards = st.integers(1, CARD_NUMBER_MAX)
_wifi_names = lines.map(str.strip).filter(
    lambda name: 1 <= len(name.encode()) <= 32 and name.isprintable()
)
_passphrases = st.just("") | st.text(
    st.characters(min_codepoint=32, max_codepoint=126), min_size=8, max_size=63
)
wifis = st.builds(
    Wifi,
    name=_wifi_names,
    passphrase=_passphrases,
    country=st.sampled_from(["", "CN", "GH"]),
    mode=st.sampled_from(["built-in", "access-points"]),
    captive=st.booleans(),
)
_authorities = st.sampled_from(
    ["", "sha256:" + "ab" * 32, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"]
)
_hubs = st.builds(
    SeedHub,
    address=names.map("https://{}/".format),
    authority=_authorities,
    metered=st.booleans(),
)
seeds = st.builds(
    CardSeed,
    card=numbers_of_cards,
    school=names,
    school_title=lines,
    hub_title=lines,
    node=names | st.just(""),
    made_at=moments,
    hubs=st.lists(_hubs, min_size=1, max_size=3, unique_by=lambda hub: hub.address).map(tuple),
    root=st.just(to_base64(ROOT)),
    targets=st.just(to_base64(TARGETS)),
    code=codes,
    code_expires_at=moments,
    technician_code=box_codes,
    teacher_code=box_codes,
    channels=st.lists(names, min_size=1, max_size=3, unique=True).map(tuple),
    wifi=wifis,
    language=st.sampled_from(["", "en", "zh"]),
    time_zone=st.sampled_from(["+00:00", "Asia/Shanghai"]),
)
_packs = st.builds(PreloadedPack, pack=names, version=versions)
_sizes = st.integers(0, INTEGER_MAX)
_troubles = lines.filter(bool)


@st.composite
def _receipts(draw: st.DrawFn) -> CardReceipt:
    failed = draw(st.booleans())
    return CardReceipt(
        card=draw(numbers_of_cards),
        school=draw(names),
        node=draw(names | st.just("")),
        seed=draw(digests),
        image=draw(digests),
        system=draw(versions),
        satchel=draw(lines),
        arch=draw(st.sampled_from(["arm64", "amd64"])),
        at=draw(moments),
        device=draw(st.builds(Device, size=_sizes, model=lines, serial=lines)),
        result="failed" if failed else "written",
        packs=tuple({pack.pack: pack for pack in draw(tuples(_packs))}.values()),  # type: ignore[attr-defined]
        seconds=draw(_sizes),
        label=draw(lines),
        trouble=draw(_troubles) if failed else "",
    )


receipts = _receipts()
