"""Cards of boxes: their seeds, made here, and the receipts that come back from laptops."""
