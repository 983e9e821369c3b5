"""Copies of a hub that outlive its disk, and its way from one database to another."""
