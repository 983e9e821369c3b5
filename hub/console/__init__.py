"""The hub for people: pages."""
