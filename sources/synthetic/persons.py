"""The register of invented persons: artificial identity codes, births, sex, municipality, language.

Individual numbers 900-999 are never given to a real person; no other numbers are used.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from sources.privacy import CHECK_CHARACTERS
from sources.synthetic.population import FIRST_YEAR, SWEDISH_SHARE, People

_SIGNS = tuple("++++++-UVWXYABCDEF")
_SIGNS_OF_CENTURY = (1, 6, 6)
_PER_SIGN = 50
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Register:
    """Invented persons, ordered by municipality, sex and date of birth.

    Attributes:
        identity: artificial identity codes.
        born: dates of birth.
        sex: 0 male, 1 female.
        municipality: position in the county's sorted municipalities.
        language: fi, sv or other.
        frailty: how much more than others the person uses every service (mean about 1).
    """

    identity: pl.Series
    born: npt.NDArray[np.datetime64]
    sex: Ints
    municipality: Ints
    language: pl.Series
    frailty: npt.NDArray[np.float64]

    @property
    def key(self) -> Ints:
        """Sorting key: municipality, sex and day of birth in one number."""
        return pool_key(self.municipality, self.sex, self.born)


def pool_key(municipality: Ints, sex: Ints, born: npt.NDArray[np.datetime64]) -> Ints:
    """Number that orders persons by municipality, sex and day of birth (days since 1800)."""
    days = (born.astype("datetime64[D]") - np.datetime64("1800-01-01")).astype(np.int64)
    return np.asarray((municipality * 2 + sex) * 1_000_000 + days)


def make_register(people: People, status: dict[str, str], rng: np.random.Generator) -> Register:
    """Make one invented person for each living at the end of the base year, and the children born in the next.

    Args:
        people: populations; the true one is used.
        status: language status by municipality.
        rng: source of birthdays, languages and frailty.
    """
    base = people.base_year - FIRST_YEAR
    counts = people.truth[base].astype(np.int64)
    newborn = people.truth[base + 1, :, :, 0].astype(np.int64)
    shape = np.indices(counts.shape).reshape(3, -1)
    per_cell = counts.ravel()
    municipality = np.concatenate([np.repeat(shape[0], per_cell), _repeated(newborn, 0)])
    sex = np.concatenate([np.repeat(shape[1], per_cell), _repeated(newborn, 1)])
    age = np.concatenate([np.repeat(shape[2], per_cell), np.full(newborn.sum(), -1)])
    very_old = np.where(age == 100, rng.geometric(0.55, len(age)) - 1, 0)
    year = people.base_year - age - np.minimum(very_old, 8)
    first = (year - 1970).astype("datetime64[Y]").astype("datetime64[D]")
    length = ((year - 1969).astype("datetime64[Y]").astype("datetime64[D]") - first).astype(np.int64)
    born = first + (rng.random(len(age)) * length).astype(np.int64)
    order = np.argsort(pool_key(municipality, sex, born), kind="stable")
    municipality, sex, born = municipality[order], sex[order], born[order]
    swedish = np.array([SWEDISH_SHARE[status[m]] for m in people.municipalities])
    draw = rng.random(len(born))
    language = np.where(draw < swedish[municipality], 1, np.where(draw > 0.94, 2, 0))
    return Register(
        identity_codes(born, sex),
        born,
        sex,
        municipality,
        pl.Series(["fi", "sv", "other"]).gather(language),
        rng.lognormal(-0.18, 0.6, len(born)),
    )


def _repeated(newborn: Ints, axis: int) -> Ints:
    return np.asarray(np.repeat(np.indices(newborn.shape)[axis].ravel(), newborn.ravel()))


def identity_codes(born: npt.NDArray[np.datetime64], sex: Ints) -> pl.Series:
    """Artificial identity codes, all different: DDMMYY, century sign, individual number 900-999, check.

    Args:
        born: dates of birth 1800-2099.
        sex: 0 male (odd individual number), 1 female (even).

    Raises:
        ValueError: more than 300 persons of one sex were born on one day of the 1900s or 2000s.
    """
    frame = pl.DataFrame({"born": born.astype("datetime64[D]"), "sex": sex}).with_columns(
        rank=pl.int_range(pl.len()).over("born", "sex"), year=pl.col("born").dt.year()
    )
    rank = frame["rank"].to_numpy()
    century = frame["year"].to_numpy() // 100 * 100
    limit = np.array(_SIGNS_OF_CENTURY)[(century - 1800) // 100] * _PER_SIGN
    if (rank >= limit).any():
        day = frame["born"][int(np.flatnonzero(rank >= limit)[0])]
        raise ValueError(f"no artificial identity codes are left for {day}; make a smaller county (scale)")
    number = 900 + 2 * (rank % _PER_SIGN) + (1 - sex)
    date_part = frame["born"].dt.strftime("%d%m%y")
    check = (date_part.cast(pl.Int64).to_numpy() * 1000 + number) % 31
    sign = pl.Series(_SIGNS).gather((century - 1800) // 100 * 6 + rank // _PER_SIGN)
    last = pl.Series(list(CHECK_CHARACTERS)).gather(check)
    return date_part + sign + pl.Series(number).cast(pl.String) + last
