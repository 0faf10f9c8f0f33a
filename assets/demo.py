"""The synthetic county of the data folder: made when it is not there, made anew when its generator changed."""

from __future__ import annotations

from pathlib import Path

from assets.progress import shown
from lake.settings import PROJECT, Settings, is_synthetic


def ensure_demo(settings: Settings, slug: str) -> Path:
    """Folder of the county's synthetic data, made by the present generator with seed 1 at real size."""
    from lake.atomic import write_text
    from lake.fingerprint import code_fingerprint
    from sources.synthetic import write_demo

    folder = settings.demo(slug)
    made_by = folder.with_name(f"{slug}.made-by")
    key = code_fingerprint(
        PROJECT / "sources" / "synthetic", PROJECT / "counties", PROJECT / "sources" / "reference"
    )
    if is_synthetic(folder) and made_by.exists() and made_by.read_text(encoding="utf-8") == key:
        return folder
    with shown("synthetic county", slug) as note:
        summary = write_demo(slug, folder)
        note.text = f"{summary.persons:,} people"
    write_text(made_by, key)
    return folder
