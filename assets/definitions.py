"""What Dagster loads."""

from assets.build import build_defs

defs = build_defs()
