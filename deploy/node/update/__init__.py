"""Root's side of a system update: writes the other slot, tries it, and falls back by itself.

Only the standard library, and little of it: what runs as root is small. Read README.md first.
"""
