"""A draft that says one thing and would sign another is shown, signed and taken by nobody.

Each case is what somebody who has the hub, or the stick between, could make of an honest draft.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from content_packs.errors import InvalidContent
from hub.channels import add_channel
from hub.hub import Hub
from hub.keyring.drafts import NOTHING
from hub.keyring.installing import install
from hub.keyring.offline import describe, read_draft, sign_draft
from hub.keyring.rotating import export_unsigned

Change: TypeAlias = Callable[[dict[str, Any]], object]


def another_key() -> str:
    return Ed25519PrivateKey.generate().public_key().public_bytes_raw().hex()


def first_key(signed: dict[str, Any], role: str) -> dict[str, Any]:
    found: dict[str, Any] = signed["keys"][signed["roles"][role]["keyids"][0]]
    return found


def channel(signed: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = signed["delegations"]["roles"][0]
    return found


def twice(signed: dict[str, Any]) -> None:
    """Give one key two names, so that whoever has it counts for two."""
    named = signed["roles"]["root"]["keyids"]
    signed["keys"]["ab" * 32] = signed["keys"][named[0]]
    named[2] = "ab" * 32


def shared(signed: dict[str, Any]) -> None:
    """Let a key that is on the hub be one of root's, too."""
    signed["roles"]["root"]["keyids"][2] = signed["roles"]["timestamp"]["keyids"][0]


ROOT: dict[str, tuple[Change, str]] = {
    "another key under an honest name": (
        lambda signed: first_key(signed, "root")["keyval"].update(public=another_key()),
        "isn't the keyid of its key",
    ),
    "another timestamp key under an honest name": (
        lambda signed: first_key(signed, "timestamp")["keyval"].update(public=another_key()),
        "isn't the keyid of its key",
    ),
    "one key with two names": (twice, "isn't the keyid of its key"),
    "the same key with more in it": (
        lambda signed: first_key(signed, "root").update(note="x"),
        "isn't the keyid of its key",
    ),
    "a key in capitals": (
        lambda signed: first_key(signed, "root")["keyval"].update(
            public=first_key(signed, "root")["keyval"]["public"].upper()
        ),
        "isn't the keyid of its key",
    ),
    "no key": (lambda signed: first_key(signed, "root")["keyval"].clear(), "is no "),
    "a key of another kind": (
        lambda signed: first_key(signed, "root").update(keytype="rsa", scheme="rsassa-pss-sha256"),
        "isn't the keyid of its key",
    ),
    "one signature is enough": (
        lambda signed: signed["roles"]["root"].update(threshold=1),
        "root takes 1 of 3 keys, expected 2 of 3",
    ),
    "two timestamp signatures": (
        lambda signed: signed["roles"]["timestamp"].update(threshold=2),
        "timestamp takes 2 of 1 keys",
    ),
    "a root key that is on the hub": (shared, "is of two roles"),
    "names that anything may lie under": (
        lambda signed: signed.update(consistent_snapshot=False),
        "without consistent snapshots",
    ),
}
TARGETS: dict[str, tuple[Change, str]] = {
    "a channel for all paths": (
        lambda signed: channel(signed).update(paths=["*/*/*"]),
        r"is asked for \['\*/\*/\*'\], expected main/\*/\*",
    ),
    "a channel that goes on to others": (
        lambda signed: channel(signed).update(terminating=False),
        "alone, terminating",
    ),
    "a channel by hashes": (
        lambda signed: (
            channel(signed).pop("paths"),
            channel(signed).update(path_hash_prefixes=[""]),
        ),
        "is asked for None",
    ),
    "a channel that nobody signs for": (
        lambda signed: channel(signed).update(keyids=[]),
        "takes 1 of 0 keys",
    ),
    "a role with lines of its own": (
        lambda signed: channel(signed).update(name="c-main\x1b[2K\nsigned by nobody"),
        "main",
    ),
    "a role of another kind": (
        lambda signed: channel(signed).update(name="extra"),
        "the role 'extra' is no channel's",
    ),
    "targets of its own": (
        lambda signed: signed["targets"].update(
            {"main/demo/9": {"length": 1, "hashes": {"sha256": "0" * 64}}}
        ),
        "has targets of its own",
    ),
    "no roles": (lambda signed: signed.pop("delegations"), "delegates no roles"),
    "another key under a channel's name": (
        lambda signed: next(iter(signed["delegations"]["keys"].values()))["keyval"].update(
            public=another_key()
        ),
        "isn't the keyid of its key",
    ),
    "another service key under an honest name": (
        lambda signed: signed["satchel"].update(
            service={keyid: another_key() for keyid in signed["satchel"]["service"]}
        ),
        "isn't the keyid of its key",
    ),
}
CASES = [("root", name, *case) for name, case in ROOT.items()] + [
    ("targets", name, *case) for name, case in TARGETS.items()
]


@pytest.mark.parametrize(
    ("role", "change", "words"),
    [(role, change, words) for role, _, change, words in CASES],
    ids=[name for _, name, _, _ in CASES],
)
def test_what_no_hub_exports_is_neither_shown_nor_signed_nor_installed(
    hub: Hub, tmp_path: Path, role: str, change: Change, words: str
) -> None:
    draft, key = tmp_path / "draft.json", "root-1" if role == "root" else "targets"
    export_unsigned(hub, role, draft, NOTHING)
    said = json.loads(draft.read_bytes())
    change(said["signed"])
    draft.write_text(json.dumps(said))
    before = draft.read_bytes()
    for act in (
        lambda: describe(read_draft(draft)),
        lambda: sign_draft(draft, [hub.keys.path(key)], hub.passphrases.find()),
        lambda: install(hub, draft),
    ):
        with pytest.raises(InvalidContent, match=words):
            act()
    assert draft.read_bytes() == before


def test_honest_drafts_with_several_channels_are_signed(hub: Hub, tmp_path: Path) -> None:
    add_channel(hub, "second")
    for role, key in (("root", "root-1"), ("targets", "targets")):
        draft = tmp_path / f"{role}.json"
        export_unsigned(hub, role, draft, NOTHING)
        said = sign_draft(draft, [hub.keys.path(key)], hub.passphrases.find())
        assert len(said.signed_by) == 1
