"""Signed metadata as TUF has it: read strictly, and checked against keys and a threshold.

What is signed is the canonical JSON of the object `signed`, as the TUF specification (4.2) takes
it from OLPC: keys sorted, no white space, in texts only quotes and backslashes escaped.
"""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from deploy.node.update import ed25519
from deploy.node.update.faults import Invalid, Untrusted

_DEPTH_MAX = 32


class Metadata(NamedTuple):
    """A metadata file: what is signed, its bytes as they are signed, and signatures by key id."""

    what: str
    signed: Mapping[str, Any]
    signed_bytes: bytes
    signatures: Mapping[str, bytes]


class Role(NamedTuple):
    """Who signs a role: public keys by key id, of which `threshold` different ones are needed."""

    name: str
    keys: Mapping[str, bytes]
    threshold: int


def read_json(data: bytes, *, what: str) -> Any:
    """Return the JSON value in `data`. Raises `Invalid`: also for a key that stands twice."""

    def distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            raise ValueError("a key stands twice")
        return found

    def no_constant(name: str) -> float:
        raise ValueError(f"{name} is no number of JSON")

    try:
        return json.loads(
            data.decode("utf-8"), object_pairs_hook=distinct, parse_constant=no_constant
        )
    except (ValueError, RecursionError) as error:
        raise Invalid(f"{what}: no JSON as it should be: {error}") from error


def read(data: bytes, kind: str, *, what: str) -> Metadata:
    """Return the metadata of a kind (`root`, `targets`) in `data`. Raises `Invalid`."""
    plain = read_json(data, what=what)
    signed = table(plain, "signed", what=what)
    if signed.get("_type") != kind:
        raise Invalid(f"{what}: is {signed.get('_type')!r}, expected {kind!r}")
    signatures: dict[str, bytes] = {}
    for each in plain.get("signatures") if isinstance(plain.get("signatures"), list) else ():
        if isinstance(each, dict) and isinstance(each.get("keyid"), str):
            signatures[each["keyid"]] = _hexadecimal(each.get("sig"))
    number(signed, "version", what=what)
    try:
        signed_bytes = canonical(signed).encode()
    except UnicodeEncodeError as error:
        raise Invalid(f"{what}: has a lone surrogate, which no text has") from error
    return Metadata(what, signed, signed_bytes, signatures)


def check(found: Metadata, role: Role) -> None:
    """Raise `Untrusted` unless enough of the role's keys signed it."""
    good = {
        public
        for keyid, public in role.keys.items()
        if keyid in found.signatures
        and ed25519.verify(public, found.signatures[keyid], found.signed_bytes)
    }
    if len(good) < role.threshold:
        raise Untrusted(
            f"{found.what}: signed by {len(good)} of the keys of {role.name}, expected "
            f"{role.threshold}"
        )


def role_of(holder: Metadata, name: str, entry: object, keys: object) -> Role:
    """Return a role as `entry` names its keys, out of the table `keys`. Raises `Invalid`."""
    what = f"{holder.what}: role {name}"
    if not isinstance(entry, dict) or not isinstance(keys, dict):
        raise Invalid(f"{what}: isn't there")
    threshold = number(entry, "threshold", what=what)
    keyids = entry.get("keyids")
    if not isinstance(keyids, list) or threshold < 1:
        raise Invalid(f"{what}: threshold {threshold} of no list of keys")
    known: dict[str, bytes] = {}
    for keyid in keyids:
        key = keys.get(keyid) if isinstance(keyid, str) else None
        if not isinstance(key, dict) or key.get("scheme") != "ed25519":
            continue  # none that this box can check counts for nothing
        value = key.get("keyval")
        known[keyid] = _hexadecimal(value.get("public") if isinstance(value, dict) else None)
    return Role(name, known, threshold)


def table(plain: object, key: str, *, what: str) -> Mapping[str, Any]:
    """Return the object at `key`. Raises `Invalid`."""
    found = plain.get(key) if isinstance(plain, dict) else None
    if not isinstance(found, dict):
        raise Invalid(f"{what}: {key} is no object")
    return found


def number(plain: Mapping[str, Any], key: str, *, what: str) -> int:
    """Return the whole number, 0 or more, at `key`. Raises `Invalid`."""
    found = plain.get(key)
    if isinstance(found, bool) or not isinstance(found, int) or found < 0:
        raise Invalid(f"{what}: {key} is {found!r}, expected a whole number")
    return found


def text(plain: Mapping[str, Any], key: str, *, what: str) -> str:
    """Return the text at `key`. Raises `Invalid`."""
    found = plain.get(key)
    if not isinstance(found, str):
        raise Invalid(f"{what}: {key} is {found!r}, expected a text")
    return found


def canonical(value: object, depth: int = 0) -> str:
    """Return the text of `value` as it is signed. Raises `Invalid` for what has none."""
    if depth > _DEPTH_MAX:
        raise Invalid("metadata is nested too deep")
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "null"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, int):
        return str(value)
    if isinstance(value, list):
        return "[" + ",".join(canonical(each, depth + 1) for each in value) + "]"
    if isinstance(value, dict):
        pairs = (
            f"{canonical(key, depth + 1)}:{canonical(value[key], depth + 1)}"
            for key in sorted(value)
        )
        return "{" + ",".join(pairs) + "}"
    raise Invalid(f"metadata has a {type(value).__name__}, which can't be signed")


def _hexadecimal(found: object) -> bytes:
    try:
        return bytes.fromhex(found) if isinstance(found, str) else b""
    except ValueError:
        return b""
