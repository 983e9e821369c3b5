"""Numbered scripts that bring hub.db from one form to the next; they are run in order.

A script that was released is never changed. Each spells its tables out instead of importing the
models, which go on changing.
"""
