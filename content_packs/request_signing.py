"""Signed requests: who asks the hub or a peer, and that nobody altered or repeats it (RFC 9421).

Every request of a node covers

    "@method" "@authority" "@path" "@query" "content-digest" "satchel-sequence"

with the parameters `created`, `keyid`, `alg="ed25519"` and `tag="satchel-v1"`. `content-digest`
(RFC 9530, sha-256) is always sent, for an empty body too. `satchel-sequence` only rises: the
receiver keeps the last it took of each key, durably, and takes none that isn't higher. `created` is
there for people; a node's clock may say 1970.

A receiver takes the members of `Signature-Input` in any order, under any label, of which exactly
one has our tag. It answers every failure in the same way; the reason is for its audit log. See
PROTOCOL.md, section 4.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from content_packs import structured_fields
from content_packs.digests import is_digest
from content_packs.errors import InvalidContent, Untrusted
from content_packs.limits import (
    AUTHORITY_CHARACTERS_MAX,
    FIELD_VALUE_CHARACTERS_MAX,
    INTEGER_MAX,
    TARGET_CHARACTERS_MAX,
)
from content_packs.signed_documents import public_keyid
from content_packs.structured_fields import InnerList, Item, Parameters, serialise

Scheme: TypeAlias = Literal["http", "https"]

COVERED = ("@method", "@authority", "@path", "@query", "content-digest", "satchel-sequence")
SIGNATURE_FIELDS = ("content-digest", "satchel-sequence", "signature-input", "signature")
TAG = "satchel-v1"
ALGORITHM = "ed25519"
LABEL = "satchel"

_NAMES_SHOWN = 8  # of a stranger's, in a message
_PARAMETERS = {"created", "keyid", "alg", "tag"}
_PORTS = {"http": "80", "https": "443"}
_METHOD = re.compile(r"[A-Z]{1,20}")
_HOST = re.compile(r"([A-Za-z0-9._~-]+|\[[0-9A-Fa-f:.]+\])(?::([0-9]{0,5}))?")
_TARGET = re.compile(r"[\x21-\x7e]*")  # visible ASCII; what else there is comes percent-encoded
_VISIBLE = re.compile(r"[\x20-\x7e]*")
_SEQUENCE = re.compile(r"[1-9][0-9]{0,15}")
_COVERED = " ".join(f'"{name}"' for name in COVERED)
_OUR_INPUT = re.compile(
    rf'{LABEL}=(\({_COVERED}\);created=(0|[1-9][0-9]{{0,14}});keyid="([0-9a-f]{{64}})"'
    rf';alg="{ALGORITHM}";tag="{TAG}")'
)
_OUR_SIGNATURE = re.compile(rf"{LABEL}=:([A-Za-z0-9+/]{{86}}==):")


@dataclass(frozen=True, slots=True)
class Request:
    """A request as both sides see it.

    `authority` as in `Host`; `path` as on the request line, its percent-encoding untouched; `query`
    what follows the `?`, without it, and empty for none.
    """

    method: str
    scheme: Scheme
    authority: str
    path: str
    query: str = ""
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Verified:
    """Who signed a request, and the sequence that has to be higher than the last of that key."""

    keyid: str
    sequence: int
    created: int


def sign(
    request: Request, private_key: Ed25519PrivateKey, *, sequence: int, created: int
) -> dict[str, str]:
    """Return the header fields that a node adds to a request. `created`: seconds since 1970.

    Raises `InvalidContent` for a request that can't be signed, such as one with a space in it.
    """
    if not 1 <= sequence <= INTEGER_MAX:
        raise InvalidContent(f"request: the sequence {sequence} is past its bounds")
    fields = {
        "content-digest": content_digest(request.body),
        "satchel-sequence": str(sequence),
    }
    parameters: Parameters = {
        "created": max(created, 0),
        "keyid": public_keyid(private_key.public_key()),
        "alg": ALGORITHM,
        "tag": TAG,
    }
    covered = InnerList(tuple(Item(name, {}) for name in COVERED), parameters)
    signature = private_key.sign(signature_base(covered, components(request, fields)))
    return {
        **fields,
        "signature-input": structured_fields.serialise_dictionary({LABEL: covered}),
        "signature": structured_fields.serialise_dictionary({LABEL: Item(signature, {})}),
    }


def verify(
    request: Request,
    fields: Mapping[str, str],
    key_of: Callable[[str], Ed25519PublicKey | None],
) -> Verified:
    """Return who signed a request. `fields` are its header fields, named in any case.

    `key_of` gives the key of a keyid, None for one that isn't known or is revoked. Whether the
    sequence is new is the caller's to see, in one step with keeping it. Raises `Untrusted` for
    whatever is wrong; the message is for the audit log, never for the sender.
    """
    try:
        return _verified(request, _in_lower_case(fields), key_of)
    except InvalidContent as error:
        raise Untrusted(error.message) from error


def content_digest(body: bytes) -> str:
    """Return the field `content-digest` of a body (RFC 9530)."""
    digest = hashlib.sha256(body).digest()
    return structured_fields.serialise_dictionary({"sha-256": Item(digest, {})})


def canonical_authority(authority: str, scheme: Scheme) -> str:
    """Return the value of `@authority`: the host in lower case, the scheme's own port left out.

    Raises `InvalidContent` for what is no host (RFC 9421, section 2.2.3; RFC 9110, section 4.2.3).
    """
    match = _HOST.fullmatch(authority)
    if match is None or len(authority) > AUTHORITY_CHARACTERS_MAX:
        raise InvalidContent(f"request: {authority[:80]!r} is no host with an optional port")
    port = match[2]
    return match[1].lower() + ("" if not port or port == _PORTS[scheme] else f":{port}")


def canonical_path(path: str) -> str:
    """Return the value of `@path`: as it is, percent-encoded; `/` where empty (section 2.2.6)."""
    if path and not path.startswith("/"):
        raise InvalidContent(f"request: the path {path[:80]!r} doesn't start with '/'")
    if "?" in path or "#" in path:
        raise InvalidContent("request: the path holds '?' or '#'")
    return _target(path, "path") or "/"


def canonical_query(query: str) -> str:
    """Return the value of `@query`: with its `?`, which stands alone for none (section 2.2.7)."""
    if "#" in query:
        raise InvalidContent("request: the query holds '#'")
    return "?" + _target(query, "query")


def components(request: Request, fields: Mapping[str, str]) -> dict[str, str]:
    """Return the values of all components: the request's own, and its fields in lower case.

    Raises `InvalidContent` for what can't stand in a signature base.
    """
    if not _METHOD.fullmatch(request.method):
        raise InvalidContent(f"request: {request.method[:24]!r} is no method")
    return {
        **{name: _field(value, name) for name, value in fields.items()},
        "@method": request.method,
        "@authority": canonical_authority(request.authority, request.scheme),
        "@path": canonical_path(request.path),
        "@query": canonical_query(request.query),
    }


def signature_base(covered: InnerList, values: Mapping[str, str]) -> bytes:
    """Return what is signed (RFC 9421, section 2.5). `values`: each component's by its name.

    Raises `InvalidContent` where a component has no value, stands twice, or has parameters.
    """
    lines: dict[str, str] = {}
    for item in covered.items:
        name = item.value
        if type(name) is not str or item.parameters or name in lines or name not in values:
            raise InvalidContent(f"signature-input: can't cover {serialise(item)[:80]}")
        lines[name] = f"{serialise(item)}: {values[name]}\n"
    return ("".join(lines.values()) + f'"@signature-params": {serialise(covered)}').encode("ascii")


def _verified(
    request: Request,
    fields: Mapping[str, str],
    key_of: Callable[[str], Ed25519PublicKey | None],
) -> Verified:
    said = _as_we_say_it(request, fields) or _as_others_say_it(request, fields)
    sequence = _sequence(fields)
    key = key_of(said.keyid)
    if key is None:
        raise Untrusted(f"signature-input: no node has the key {said.keyid}")
    if public_keyid(key) != said.keyid:
        raise Untrusted(f"signature-input: {said.keyid} isn't the keyid of its key")
    try:
        key.verify(said.signature, said.base)
    except InvalidSignature as error:
        raise Untrusted(f"signature: doesn't hold for the key {said.keyid}") from error
    return Verified(said.keyid, sequence, said.created)


@dataclass(frozen=True, slots=True)
class _Said:
    """What a request's fields say: by which key, when, the signature, and what it is of."""

    keyid: str
    created: int
    signature: bytes
    base: bytes


def _as_we_say_it(request: Request, fields: Mapping[str, str]) -> _Said | None:
    """Read fields that are spelt as `sign` spells them, as all nodes do; else return None.

    Nothing that `_as_others_say_it` would say of them is said otherwise: it takes five times as
    long, and there are storms of requests.
    """
    given, digest = fields.get("signature-input", ""), fields.get("content-digest", "")
    input_ = _OUR_INPUT.fullmatch(given)
    signature = _OUR_SIGNATURE.fullmatch(fields.get("signature", ""))
    if input_ is None or signature is None or digest != content_digest(request.body):
        return None
    own = {name: _needed(fields, name) for name in SIGNATURE_FIELDS[:2]}
    values = components(request, own)
    lines = "".join(f'"{name}": {values[name]}\n' for name in COVERED)
    base = f'{lines}"@signature-params": {input_[1]}'.encode("ascii")
    return _Said(input_[3], int(input_[2]), base64.b64decode(signature[1]), base)


def _as_others_say_it(request: Request, fields: Mapping[str, str]) -> _Said:
    """Read fields in any spelling that the RFC allows. Raises `Untrusted`, `InvalidContent`."""
    label, covered = _our_input(fields)
    signature = _signature(fields, label)
    keyid, created = _parameters(covered)
    names = [item.value for item in covered.items]
    if sorted(map(str, names)) != sorted(COVERED):
        raise Untrusted(f"signature-input: covers {_listed(names)}, expected {_listed(COVERED)}")
    _check_content_digest(request.body, fields)
    values = components(request, {name: _needed(fields, name) for name in SIGNATURE_FIELDS[:2]})
    return _Said(keyid, created, signature, signature_base(covered, values))


def _in_lower_case(fields: Mapping[str, str]) -> dict[str, str]:
    found = {name.lower(): value for name, value in fields.items()}
    if len(found) != len(fields):
        raise Untrusted("request: a header field stands twice")
    return found


def _needed(fields: Mapping[str, str], name: str) -> str:
    value = fields.get(name)
    if value is None:
        raise Untrusted(f"request: the header field {name} is missing")
    return _field(value, name)


def _our_input(fields: Mapping[str, str]) -> tuple[str, InnerList]:
    text = _needed(fields, "signature-input")
    found = [
        (label, member)
        for label, member in structured_fields.parse_dictionary(
            text, what="signature-input"
        ).items()
        if isinstance(member, InnerList) and member.parameters.get("tag") == TAG
    ]
    if len(found) != 1:
        raise Untrusted(f"signature-input: {len(found)} members have the tag {TAG!r}, expected 1")
    return found[0]


def _signature(fields: Mapping[str, str], label: str) -> bytes:
    text = _needed(fields, "signature")
    member = structured_fields.parse_dictionary(text, what="signature").get(label)
    if not isinstance(member, Item) or not isinstance(member.value, bytes):
        raise Untrusted(f"signature: has no byte sequence {label[:24]!r}")
    return member.value


def _parameters(covered: InnerList) -> tuple[str, int]:
    parameters = covered.parameters
    if set(parameters) != _PARAMETERS:
        raise Untrusted(
            f"signature-input: parameters {_listed(list(parameters))}, expected "
            f"{_listed(sorted(_PARAMETERS))}"
        )
    keyid, created = parameters["keyid"], parameters["created"]
    if type(keyid) is not str or not is_digest(keyid):
        raise Untrusted(f"signature-input: {str(keyid)[:80]!r} is no keyid")
    if type(created) is not int or created < 0:
        raise Untrusted(f"signature-input: created is {str(created)[:24]!r}, expected seconds")
    if type(parameters["alg"]) is not str or parameters["alg"] != ALGORITHM:
        raise Untrusted(f"signature-input: alg is {str(parameters['alg'])[:24]!r}, not {ALGORITHM}")
    return keyid, created


def _sequence(fields: Mapping[str, str]) -> int:
    text = _needed(fields, "satchel-sequence")
    if not _SEQUENCE.fullmatch(text) or int(text) > INTEGER_MAX:
        raise Untrusted(f"satchel-sequence: {text[:24]!r} is no sequence")
    return int(text)


def _check_content_digest(body: bytes, fields: Mapping[str, str]) -> None:
    text = _needed(fields, "content-digest")
    member = structured_fields.parse_dictionary(text, what="content-digest").get("sha-256")
    if not isinstance(member, Item) or not isinstance(member.value, bytes):
        raise Untrusted("content-digest: has no sha-256")
    if not hmac.compare_digest(member.value, hashlib.sha256(body).digest()):
        raise Untrusted("content-digest: the body is another one")


def _field(value: str, name: str) -> str:
    """Return a field's value as a signature base has it (RFC 9421, section 2.1)."""
    value = value.strip(" \t")
    if len(value) > FIELD_VALUE_CHARACTERS_MAX or not _VISIBLE.fullmatch(value):
        raise InvalidContent(
            f"{name}: longer than {FIELD_VALUE_CHARACTERS_MAX}, or not visible ASCII"
        )
    return value


def _target(text: str, what: str) -> str:
    if len(text) > TARGET_CHARACTERS_MAX or not _TARGET.fullmatch(text):
        raise InvalidContent(
            f"request: the {what} is longer than {TARGET_CHARACTERS_MAX}, or not visible ASCII",
            hint="Other characters are percent-encoded.",
        )
    return text


def _listed(names: Sequence[object]) -> str:
    return " ".join(str(name)[:24] for name in names[:_NAMES_SHOWN])
