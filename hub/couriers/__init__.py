"""Couriers: sticks for schools that no link reaches, and what they bring back."""
