"""Where tables rest: atomic Parquet files with fingerprints, releases behind a pointer, raw downloads, settings.

Knows nothing of what the tables mean.
"""
