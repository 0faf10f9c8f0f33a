"""What a county assumes beyond its counts: its register and scenarios, or the library's; its service debt."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assets.stages import CountyRun

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl

    from forecasting.assumption_register import Register
    from forecasting.scenarios import Scenario


@dataclass(frozen=True)
class CountyAssumptions:
    """What the yearly forecast is given beside the counts.

    Attributes:
        register: assumptions of the baseline; None: nothing is assumed.
        scenarios: scenarios that can be drawn for this county.
        swings: assumptions that the tornado shows.
    """

    register: "Register | None"
    scenarios: "Sequence[Scenario]"
    swings: "Register"


def assumption_files(run: CountyRun) -> list[Path]:
    """The county's own register and scenario files, when its file names them."""
    settings, folder = run.county.forecast, run.settings.counties
    own = [] if settings.assumptions is None else [folder / settings.assumptions]
    return own + ([] if settings.scenarios is None else sorted((folder / settings.scenarios).glob("*.yaml")))


def county_assumptions(run: CountyRun, use: "pl.DataFrame", tables: Sequence[Any]) -> CountyAssumptions:
    """Read the county's assumptions; scenarios that do not fit it are left out and logged.

    Args:
        run: the county and its run.
        use: monthly use, for the service debt.
        tables: population, projection, counts, hierarchy of the forecast.
    """
    from forecasting.assumption_register import read_register
    from forecasting.scenarios import applicable, library, library_register, read_scenarios

    settings, folder = run.county.forecast, run.settings.counties
    register = None if settings.assumptions is None else read_register(folder / settings.assumptions)
    given = library() if settings.scenarios is None else read_scenarios(folder / settings.scenarios)
    debts = service_debts(run, use)
    projection, counts = tables[1], tables[2]
    variants = sorted(projection["variant"].unique()) if "variant" in projection.columns else []
    services = sorted(counts["service"].unique())
    usable, refused = applicable(given, services, variants, debts=len(debts) > 0)
    for name, reason in refused.items():
        run.log.info(f"scenario {name} is left out: it {reason}")
    return CountyAssumptions(
        register,
        [s.with_debts(debts[debts["service"].isin(services)]) for s in usable],
        register or only_of(library_register(), services),
    )


def only_of(register: "Register", services: Sequence[str]) -> "Register":
    """The register without assumptions on services that the county does not forecast."""
    kept = []
    for a in register.assumptions:
        own = tuple(s for s in a.services if s in services)
        reachable = a.to_service is None or a.to_service in services
        if (own or not a.services) and reachable:
            kept.append(a.model_copy(update={"services": own}))
    gone = sorted({a.id for a in register.assumptions} - {a.id for a in kept})
    return register.with_changes(added=kept, without=gone)


def service_debts(run: CountyRun, use: "pl.DataFrame") -> "pd.DataFrame":
    """Debt of the disrupted months by area and service: area, service, amount."""
    import pandas as pd
    import polars as pl

    from indicators.debt import debt_against_reference

    prefix = "count_service_debt:"
    counted = [s.code for s in run.county.services if s.measure != "clients"]  # clients' months are no backlog
    monthly = use.filter(pl.col("service").is_in(counted)).select("area", "service", "period", "count")
    found = debt_against_reference(monthly, run.county.code)
    rows = [
        (area, measure.removeprefix(prefix), value)
        for measure, area, value in found.select("measure", "area", "value").iter_rows()
        if area != run.county.code
    ]
    return pd.DataFrame(sorted(rows), columns=["area", "service", "amount"])
