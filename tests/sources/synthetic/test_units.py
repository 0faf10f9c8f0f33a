"""A municipality with several units of a service gives it from its own units."""

from datetime import date

import polars as pl

from sources.synthetic import write_demo


def test_every_event_stands_in_a_unit_of_its_own_municipality_and_service(tmp_path):
    write_demo("vantaa-kerava", tmp_path / "demo", seed=1, scale=1.0, as_of=date(2024, 12, 31))
    events = pl.read_parquet(
        tmp_path / "demo" / "service_events.parquet", columns=["municipality", "service", "unit"]
    )
    own = pl.concat_str("municipality", "service", separator="-") + "-"
    several = events.filter(pl.col("municipality") == "092").group_by("service").agg(pl.col("unit").n_unique())
    assert several["unit"].min() > 1
    assert events.select(pl.col("unit").str.starts_with(own).all()).item()
