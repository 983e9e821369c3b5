"""Receipts of cards, as laptops wrote them, taken in: each once, however often it comes.

A receipt is taken where this hub made the seed that it names, for that school and under that
number. Nobody signed it, so it changes nothing but what the console shows of the card.
"""

from dataclasses import dataclass

from content_packs import card_receipts
from content_packs.card_receipts import CardReceipt
from content_packs.errors import InvalidContent, UsageError
from hub.cards.limits import REFUSALS_SHOWN
from hub.cards.tables import CardReceiptRow, CardSeedRow
from hub.clock import in_words
from hub.fleet import audit
from hub.fleet.tables import SchoolRow
from hub.hub import Hub
from hub.people.actor import Actor
from hub.people.rights import Right


@dataclass(frozen=True)
class Taken:
    """What became of a file's receipts. `refused`: each that wasn't taken, with its line."""

    new: int
    known: int
    refused: tuple[str, ...]

    @property
    def refused_shown(self) -> tuple[str, ...]:
        """The first of those that weren't taken, for one message."""
        more = len(self.refused) - REFUSALS_SHOWN
        return (*self.refused[:REFUSALS_SHOWN], *((f"and {more} more",) if more > 0 else ()))


def take(hub: Hub, actor: Actor, data: bytes, *, what: str = "receipts") -> Taken:
    """Take in the receipts in a file; those of cards that this hub doesn't know are left out.

    Raises `UsageError` for a file that isn't receipts, and then nothing of it was taken; `Refused`,
    `StorageFailed`.
    """
    actor.expect(Right.CHANGE_FLEET)
    try:
        receipts = card_receipts.read(data, what=what)
    except InvalidContent as error:
        hint = error.hint or "Take the file as `sync-node flash` wrote it."
        raise UsageError(error.message, hint=f"Nothing of it was taken. {hint}") from error
    new, refused, known = 0, [], 0
    with hub.database.writing():
        for number, receipt in enumerate(receipts, 1):
            why_not = _why_not(actor, receipt)
            if why_not:
                refused.append(f"line {number}: {why_not}")
            elif _insert(hub, actor, receipt):
                new += 1
            else:
                known += 1
        if new:
            reason = f"{new} new, {known} known, {len(refused)} refused"
            audit.note(hub, "card-receipts-taken", reason=reason, actor=actor.login)
    return Taken(new, known, tuple(refused))


def _why_not(actor: Actor, receipt: CardReceipt) -> str:
    """Return why a receipt isn't taken; empty if it is. Inside the caller's transaction."""
    row = CardSeedRow.get_or_none(CardSeedRow.digest == receipt.seed)
    township = SchoolRow.get_by_id(row.school).township if row else ""
    if row is None or not actor.sees_township(township):
        return f"card {receipt.card} of {receipt.school}: this hub made no such seed"
    for field, said, known in (
        ("card", receipt.card, row.card),
        ("school", receipt.school, row.school),
        ("node", receipt.node, row.node),
    ):
        if said != known:
            return (
                f"card {receipt.card} of {receipt.school}: {field} is {said or 'empty'}, but its "
                f"seed has {known or 'none'}"
            )
    return ""


def _insert(hub: Hub, actor: Actor, receipt: CardReceipt) -> bool:
    """Write a receipt down; return whether it is new."""
    digest = receipt.digest
    if CardReceiptRow.get_or_none(CardReceiptRow.digest == digest) is not None:
        return False
    CardReceiptRow.insert(
        digest=digest,
        card=receipt.card,
        at=in_words(receipt.at),
        result=receipt.result,
        trouble=receipt.trouble,
        image=receipt.image,
        system=receipt.system,
        satchel=receipt.satchel,
        arch=receipt.arch,
        packs=[[pack.pack, pack.version] for pack in receipt.packs],
        device_size=receipt.device.size,
        device_model=receipt.device.model,
        device_serial=receipt.device.serial,
        seconds=receipt.seconds,
        label=receipt.label,
        taken_by=actor.login,
        taken_at=in_words(hub.clock()),
    ).execute()
    return True
