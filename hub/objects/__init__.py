"""Where the content of published versions lies: a folder, or an S3-compatible store.

`interface` says what both do, `opening` which one a hub's configuration names.
"""
