"""Keys that more than one document has, against grouping them."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quality_checks.repeats import repeated

KEY = st.one_of(st.none(), st.integers(0, 5), st.integers(2**64 - 3, 2**64 - 1))


@given(st.lists(KEY))
def test_shared_keys_are_those_that_grouping_finds(keys):
    column = pl.Series(keys, dtype=pl.UInt64)
    assert repeated(column).to_list() == (column.is_duplicated() & column.is_not_null()).to_list()


@pytest.mark.parametrize("keys", [[], [None, None], [7], [7, None, 8]])
def test_nothing_is_shared_by_one_or_by_none(keys):
    assert not repeated(pl.Series(keys, dtype=pl.UInt64)).any()
