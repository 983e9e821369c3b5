"""The box in a school: fetches, keeps and serves packs."""
