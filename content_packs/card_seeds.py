"""A card's seed: what makes a blank box the box of one school, signed by its hub (PROTOCOL.md, 13).

    root ── verifies ──> targets ── names ──> the hub's service keys ── verify ──> the seed

A seed is a signed document of the kind `card-seed`. It brings the root that the box is to trust,
and the `targets` that it is checked by, so that it can be read where nothing is trusted yet. That
it holds together says that one hub made all of it; **which** hub, a person sees by the fingerprint
of the root, or a machine by a root that it trusts already: `expect_root`.

It has codes and the Wi-Fi's passphrase in the clear. Whoever can read it can be that school's box,
once: files of it are readable by their owner alone.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Literal, TypeAlias

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from msgspec import Meta
from tuf.api import exceptions as tuf_errors
from tuf.api.metadata import Metadata, Root, Targets

from content_packs import enrolment_codes, hub_addresses, hub_keys, messages, signed_documents
from content_packs.desired_state import Zone
from content_packs.digests import digest_of
from content_packs.errors import InvalidContent, Untrusted
from content_packs.limits import (
    CARD_AUTHORITY_CHARACTERS_MAX,
    CARD_HUB_CHARACTERS_MAX,
    CARD_HUBS_MAX,
    CARD_NUMBER_MAX,
    CARD_ROOT_BYTES_MAX,
    CARD_TARGETS_BYTES_MAX,
    DESIRED_CHANNELS_MAX,
    DOCUMENT_BYTES_MAX,
    WIFI_NAME_BYTES_MAX,
    WIFI_PASSPHRASE_CHARACTERS_MAX,
    WIFI_PASSPHRASE_CHARACTERS_MIN,
)
from content_packs.messages import Message, Moment, Name, NameOrEmpty, Part, ShortText
from content_packs.protocol import Code

FILE_NAME = "seed.json"
FILE_MODE = 0o600  # who reads it can use the codes
CARD_PATH = "satchel/seed.json"  # on the boot partition of a card
BOX_CODE_CHARACTERS = 12
BOX_CODE_RANDOM_BYTES = 8  # of which 60 bits are used

WifiMode: TypeAlias = Literal["built-in", "access-points"]
Language: TypeAlias = Literal["", "en", "zh"]

_KIND: signed_documents.Kind = "card-seed"
_GROUP = 4
_END = r"$(?!\n)"
_HINT = "Make it anew: hub seeds SCHOOL --output FOLDER"

BoxCode: TypeAlias = Annotated[
    str,
    Meta(
        max_length=BOX_CODE_CHARACTERS,
        pattern=f"^[{enrolment_codes.ALPHABET}]{{{BOX_CODE_CHARACTERS}}}{_END}",
    ),
]
CardNumber: TypeAlias = Annotated[int, Meta(ge=1, le=CARD_NUMBER_MAX)]
Country: TypeAlias = Annotated[str, Meta(max_length=2, pattern=f"^([A-Z]{{2}})?{_END}")]
Passphrase: TypeAlias = Annotated[
    str,
    Meta(
        max_length=WIFI_PASSPHRASE_CHARACTERS_MAX,
        pattern=f"^([ -~]{{{WIFI_PASSPHRASE_CHARACTERS_MIN},}})?{_END}",
    ),
]
Address: TypeAlias = Annotated[
    str, Meta(max_length=CARD_HUB_CHARACTERS_MAX, pattern=r"^https?://[!-~]+" + _END)
]
Authority: TypeAlias = Annotated[
    str,
    Meta(
        max_length=CARD_AUTHORITY_CHARACTERS_MAX,
        pattern=r"^(sha256:[0-9a-f]{64}|-----BEGIN CERTIFICATE-----\n[ -~\n]*)?" + _END,
    ),
]


class Wifi(Part, frozen=True, kw_only=True):
    """The school's Wi-Fi. `passphrase`: WPA's, empty for an open network.

    `country`: ISO 3166-1 alpha-2, empty where nobody said: then on channels that every country
    allows. `mode`: by the box's own radio, or by access points on its Ethernet. `captive`: phones
    are told where the site is when they join.
    """

    name: ShortText
    passphrase: Passphrase = ""
    country: Country = ""
    mode: WifiMode = "built-in"
    captive: bool = True

    def __post_init__(self) -> None:
        """Raise `ValueError` unless the name is of 1 to 32 bytes, and can be seen."""
        super().__post_init__()
        size = len(self.name.encode(errors="replace"))
        if not 1 <= size <= WIFI_NAME_BYTES_MAX:
            raise ValueError(f"name: {size} bytes, expected 1 to {WIFI_NAME_BYTES_MAX}")
        if not self.name.isprintable() or self.name != self.name.strip():
            raise ValueError(
                f"name: {self.name!r} has blanks at its ends, or characters that can't be seen"
            )


class SeedHub(Part, frozen=True, kw_only=True):
    """Where a hub is asked.

    `authority`: whose certificate it has, as the digest of it (`sha256:…`) or as the certificates
    of its authority in PEM; empty: one that the box knows. `metered`: bytes to it cost money.
    """

    address: Address
    authority: Authority = ""
    metered: bool = False

    def __post_init__(self) -> None:
        """Raise `ValueError` for an address that no box could ask, or one without a certificate."""
        super().__post_init__()
        if not hub_addresses.is_usable(self.address):
            raise ValueError(
                f"address: {self.address!r} isn't one of a hub, such as https://hub.example.org/ "
                "without query or password"
            )
        if self.authority and not self.address.startswith("https:"):
            raise ValueError(f"authority: {self.address!r} has no certificate, only https has")


class CardSeed(Message, frozen=True, kw_only=True):
    """What a hub gives a card.

    `card`: its number at this hub. `node`: the node that the box takes the place of. `root` and
    `targets`: metadata files in base64. `code`: an enrolment code, good until `code_expires_at`.
    `technician_code` and `teacher_code` are for the school's site. `language`: of the label.
    """

    card: CardNumber
    school: Name
    made_at: Moment
    hubs: Annotated[tuple[SeedHub, ...], Meta(min_length=1, max_length=CARD_HUBS_MAX)]
    root: Annotated[str, Meta(max_length=2 * CARD_ROOT_BYTES_MAX)]
    targets: Annotated[str, Meta(max_length=2 * CARD_TARGETS_BYTES_MAX)]
    code: Code
    code_expires_at: Moment
    technician_code: BoxCode
    teacher_code: BoxCode
    channels: Annotated[tuple[Name, ...], Meta(min_length=1, max_length=DESIRED_CHANNELS_MAX)]
    wifi: Wifi
    school_title: ShortText = ""
    hub_title: ShortText = ""
    node: NameOrEmpty = ""
    language: Language = ""
    time_zone: Zone = "+00:00"

    def __post_init__(self) -> None:
        """Raise `ValueError` where the code is none, or a channel or hub stands twice."""
        super().__post_init__()
        if not enrolment_codes.is_code(self.code):
            raise ValueError("code: its check character is wrong")
        addresses = [hub.address for hub in self.hubs]
        for name, members in (("channels", self.channels), ("hubs", addresses)):
            if len(set(members)) != len(members):
                raise ValueError(f"{name}: one stands twice")

    @property
    def root_bytes(self) -> bytes:
        """The root metadata file that the box is to trust. Raises `InvalidContent`."""
        return _bytes(self.root, CARD_ROOT_BYTES_MAX, "root")

    @property
    def targets_bytes(self) -> bytes:
        """The metadata file that names the hub's service keys. Raises `InvalidContent`."""
        return _bytes(self.targets, CARD_TARGETS_BYTES_MAX, "targets")


@dataclass(frozen=True)
class OpenedSeed:
    """A seed whose signatures hold. `digest` names its document, `root_digest` its root."""

    seed: CardSeed
    digest: str
    root_digest: str

    @property
    def fingerprint(self) -> str:
        """What a person compares to know the hub by: the first 80 bits of the root's digest."""
        return root_fingerprint(self.root_digest)

    def expect_root(self, digest: str) -> None:
        """Raise `Untrusted` unless the seed's root is the one with this digest."""
        if digest != self.root_digest:
            raise Untrusted(
                f"card-seed: its root has the fingerprint {self.fingerprint}, expected "
                f"{root_fingerprint(digest)}",
                hint="It is of another hub, or of before a change of the hub's root: ask for one "
                "that was made since.",
            )


def sign(seed: CardSeed, service_key: Ed25519PrivateKey) -> bytes:
    """Return the seed's document. Raises `InvalidContent` for what is past its bounds."""
    return signed_documents.sign(_KIND, seed, service_key)


def open_seed(document: bytes, *, what: str = "card-seed") -> OpenedSeed:
    """Return the seed in a document, verified from the root in it down.

    Whose root that is, the caller has to look. Dates are not looked at: a card may lie in a drawer.
    Raises `Untrusted`, `InvalidContent`.
    """
    envelope = signed_documents.envelope_of(document, what=what)
    claimed = messages.decode(
        signed_documents.unverified_payload(envelope, what=what),
        CardSeed,
        bytes_max=DOCUMENT_BYTES_MAX,
        what=what,
    )
    keys = service_keys_of(claimed.root_bytes, claimed.targets_bytes, what=what)
    try:
        seed = signed_documents.open_signed(document, _KIND, CardSeed, keys)
    except Untrusted as error:
        raise Untrusted(f"{what}: {error.message}", hint=_HINT) from error
    return OpenedSeed(seed, digest_of(document), digest_of(seed.root_bytes))


def service_keys_of(root: bytes, targets: bytes, *, what: str) -> Mapping[str, Ed25519PublicKey]:
    """Return the service keys, by keyid, that `targets` names, where `root` vouches for it.

    Raises `Untrusted`, `InvalidContent`.
    """
    try:
        signed_root = Metadata[Root].from_bytes(root)
        signed_targets = Metadata[Targets].from_bytes(targets)
        found, named = signed_root.signed, signed_targets.signed
        if not isinstance(found, Root) or not isinstance(named, Targets):
            raise Untrusted(
                f"{what}: root and targets are {found.type} and {named.type} metadata", hint=_HINT
            )
        found.verify_delegate(Root.type, signed_root.signed_bytes, signed_root.signatures)
        found.verify_delegate(Targets.type, signed_targets.signed_bytes, signed_targets.signatures)
    except (tuf_errors.RepositoryError, ValueError) as error:
        raise Untrusted(f"{what}: its root vouches for nothing: {error}", hint=_HINT) from error
    return hub_keys.read(named.unrecognized_fields, what=what).service_keys()


def root_fingerprint(digest: str) -> str:
    """Return what people compare to know a hub by, of its root's digest: `XXXX-XXXX-XXXX-XXXX`."""
    return enrolment_codes.fingerprint(digest)


def new_box_code(randomness: Callable[[int], bytes]) -> str:
    """Return a new code for a school's site: 60 random bits."""
    number = int.from_bytes(randomness(BOX_CODE_RANDOM_BYTES))
    places = range(BOX_CODE_CHARACTERS)
    return "".join(enrolment_codes.ALPHABET[number >> (5 * place) & 31] for place in places)


def shown_box_code(code: str) -> str:
    """Return a code for a school's site as it is printed: `XXXX-XXXX-XXXX`."""
    return "-".join(code[at : at + _GROUP] for at in range(0, len(code), _GROUP))


def _bytes(text: str, bytes_max: int, field: str) -> bytes:
    data = messages.from_base64(text, what=f"card-seed: {field}")
    if len(data) > bytes_max:
        raise InvalidContent(
            f"card-seed: {field}: {len(data)} bytes, more than the {bytes_max} allowed", hint=_HINT
        )
    return data
