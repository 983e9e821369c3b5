"""Publishes packs, follows the fleet, takes records in."""
