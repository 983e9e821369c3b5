"""Trying SERVER.md on a root file system that is as Debian makes it: see `try-on-fresh-root`."""
