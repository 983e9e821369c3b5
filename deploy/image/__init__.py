"""Makes the image that is flashed onto cards, and boots it in an emulator."""
