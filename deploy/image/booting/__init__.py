"""Boots a box's image in an emulator, and pulls its plug: `deploy/image/boot-test`.

forgetting     a card that forgets what it wasn't asked to keep
nbd            how the emulator reads and writes it
emulator       the box: qemu with UEFI firmware, its network, its plug
visiting       what a teacher and a pupil do there, over HTTP
preparing      a card for the purpose: a hub, a school, a pack, `sync-node flash`
trial          starts, pulls, and what has to hold after each
cli            `deploy/image/boot-test`
"""
