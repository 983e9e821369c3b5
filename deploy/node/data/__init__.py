"""The card's data partition: made or grown at a box's first start, checked at every one."""
