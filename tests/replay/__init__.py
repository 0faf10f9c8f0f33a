"""A loopback server that speaks StatFin, PxWeb 2, Sotkanet and classifications, and misbehaves on demand."""
