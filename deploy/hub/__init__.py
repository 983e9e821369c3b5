"""What turns a Debian server into a hub: see SERVER.md.

The standard library alone: it runs before anything of Satchel is installed.
"""
