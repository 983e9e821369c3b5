"""Every bound of kept records, with its unit."""

IDS_TOGETHER = 200  # in one query: a database takes so many values at a time
BATCHES_READ_TOGETHER = 8  # while records are exported: 8 MiB at the most
EXPORT_ITEMS_MIN = 500  # records in one answer of the API, but for the last
