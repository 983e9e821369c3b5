"""Tries an image's Wi-Fi with simulated radios, in an emulator: `deploy/image/wifi-test`.

guest/    what is put beside the image for this: a unit, a script, phones made of software
putting   puts it on the card: an initramfs beside the image's own, which copies it into the root
trial     starts the card, and reads on the serial line what came of it
cli       `deploy/image/wifi-test`
"""
