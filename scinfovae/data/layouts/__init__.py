"""One module per file layout; each has ``read(path, label_keys) -> RawCounts``."""
