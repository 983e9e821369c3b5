"""Uploads: cpacks and pack folders that come over bad lines, and what they become."""
