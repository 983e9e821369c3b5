"""`sync-node enrol`: from a code to a node, as far as it goes now. Safe to run twice, and to kill.

What can't be done now is done by the engine at its next tick: the claim is on the disk by then.
"""

import os
import pwd
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from content_packs import courier, durable
from content_packs.errors import Refused, SourceUnavailable, UsageError
from content_packs.protocol import Credential, Pending
from content_packs.stick import Stick
from sync_node import config, enrolment, identity
from sync_node.data_dir import DataDir
from sync_node.errors import HubRefused
from sync_node.hardware import Hardware
from sync_node.identity import Identity
from sync_node.orders import Orders
from sync_node.syncing import claim_beside, claim_once

_KEPT = (
    "The claim is kept: this box asks again at each sync. Where there is no link, carry it: "
    "sync-node enrol CODE --to DIR."
)


@dataclass(frozen=True)
class Enrolled:
    """How far an enrolment is.

    `state`: `enrolled`, `pending` until a person confirms, `asked` where the engine that is at work
    for the first time does it, `carried` where the claim was put onto a stick, at `claim`.
    `before`: this box was a node already, and nothing was done.
    """

    state: str
    fingerprint: str
    credential: Credential | None = None
    claim: str = ""
    before: bool = False


def enrol(  # noqa: PLR0913  # all by name; each is needed
    data_dir: DataDir,
    code: str,
    *,
    hub: str,
    stick: Path | None,
    again: bool,
    hardware: Hardware,
    randomness: Callable[[int], bytes],
    say: Callable[[str], None],
) -> Enrolled:
    """Make the claim of a code and send it to the hub, or put it onto a stick.

    Raises `InvalidContent` for what is no code, `UsageError`, `HubRefused`, what sources raise,
    `StorageFailed`.
    """
    hub = _checked_hub(data_dir, hub)
    _check_owner(data_dir)
    asks = enrolment.begin(data_dir, code, hardware, randomness=randomness, again=again)
    if asks is None:
        return _before(data_dir)
    say(f"This box has a key, which never leaves it. Its fingerprint: {asks.fingerprint}")
    if stick is not None:
        path = courier.up_path(asks.keyid, courier.CLAIM)
        Stick(stick).put(path, [enrolment.document_of(asks)])
        return Enrolled("carried", asks.fingerprint, claim=path)
    say("Asking the hub ...")
    return _asked(data_dir, asks, hub)


def _asked(data_dir: DataDir, asks: Identity, hub: str) -> Enrolled:
    try:
        answer = _answer(data_dir, asks, hub)
    except SourceUnavailable as error:
        raise SourceUnavailable(error.message, hint=f"{error.hint} {_KEPT}".strip()) from error
    if answer is None:
        Orders(data_dir).ask_for_tick(unbound=False)
        return Enrolled("asked", asks.fingerprint)
    if isinstance(answer, Pending):
        return Enrolled("pending", asks.fingerprint)
    Orders(data_dir).ask_for_tick(unbound=False)
    return Enrolled("enrolled", asks.fingerprint, answer)


def _answer(data_dir: DataDir, asks: Identity, hub: str) -> Credential | Pending | None:
    """Return what the hub answers; None where another process has to learn its keys first."""
    try:
        return claim_once(data_dir, asks, hub=hub)
    except HubRefused:
        raise
    except Refused:  # another process is at work
        return claim_beside(data_dir, asks, hub=hub)


def _before(data_dir: DataDir) -> Enrolled:
    now = identity.current(data_dir)
    if now is None:  # another process took it away meanwhile
        return Enrolled("asked", "")
    return Enrolled("enrolled", now.fingerprint, now.credential, before=True)


def _checked_hub(data_dir: DataDir, hub: str) -> str:
    """Return the address of a hub as node.toml writes it; empty for any."""
    known = [source.hub for source in config.read(data_dir).sources if source.hub]
    found = [each for each in known if each.rstrip("/") == hub.rstrip("/")]
    if hub and not found:
        raise UsageError(
            f"--hub: {hub[:200]} isn't a source in {data_dir.config}",
            hint=f"It names: {', '.join(known) or 'no hub'}. Add the address there first.",
        )
    return found[0] if found else ""


def _check_owner(data_dir: DataDir) -> None:
    """Refuse to make a key that the engine couldn't read: who made node.db runs it."""
    with durable.storage_errors(data_dir.root):
        owner = data_dir.node_db.stat().st_uid if data_dir.node_db.exists() else os.geteuid()
    if owner != os.geteuid():
        raise UsageError(
            f"{data_dir.root}: belongs to the user {_name_of(owner)}, and you are "
            f"{_name_of(os.geteuid())}: the key would be for you alone",
            hint=f"Run it as that user: sudo -u {_name_of(owner)} sync-node enrol CODE",
        )


def _name_of(user: int) -> str:
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return f"'#{user}'"
