"""Packs as staff see them: what they hold, how versions differ, who released what where."""
