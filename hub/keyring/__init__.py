"""Keeping the keys: making, listing, rotating, revoking; signing where no hub is."""
