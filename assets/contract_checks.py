"""Contract suites as asset checks: Great Expectations over what the gate counted, never over records."""

import dagster as dg

from assets.stages import CountyRun
from assets.suites import docs_page, forget, judged

CONTRACT_CHECK = "contract"


def contract_result(run: CountyRun, table: str) -> dg.AssetCheckResult:
    """Run the contract suite of one table over its gate profile.

    A table that nobody delivered is a warning: a run on open data alone has no extracts. A fatal finding, or a
    suite that could not be asked, is an error and blocks what follows.
    """
    from sources.contracts import CONTRACTS
    from sources.expectations import expectations
    from sources.ingest import allowed_codes, codes_elsewhere

    profile = run.table(f"gate_{table}")
    if profile["rows_in"][0] == 0:
        forget(run, f"contract_{table}")
        return dg.AssetCheckResult(
            asset_key=table,
            check_name=CONTRACT_CHECK,
            passed=False,
            severity=dg.AssetCheckSeverity.WARN,
            description=f"{table}: nothing was delivered.",
            metadata={"rows": 0},
        )
    suite = {
        "suite": f"contract-{table}",
        "table": table,
        "expectations": expectations(
            CONTRACTS[table], coded=allowed_codes(table, run.county), owned=codes_elsewhere(table)
        ),
    }
    outcomes = judged(run, f"contract_{table}", [suite], [f"gate_{table}"], lambda: {table: profile})
    wrong = [o for o in outcomes if o.status in ("fail", "error")]
    fatal = [o for o in wrong if o.severity == "critical" or o.status == "error"]
    return dg.AssetCheckResult(
        asset_key=table,
        check_name=CONTRACT_CHECK,
        passed=not wrong,
        severity=dg.AssetCheckSeverity.ERROR if fatal else dg.AssetCheckSeverity.WARN,
        description="; ".join(f"{o.title}: {o.status}" for o in wrong[:5]) or "The contract holds.",
        metadata={
            "expectations": len(outcomes),
            "rows": int(profile["rows"][0]),
            "quarantined": int(profile["quarantined"][0]),
            "failed": len([o for o in outcomes if o.status == "fail"]),
            "errors": len([o for o in outcomes if o.status == "error"]),
            "data_docs": dg.MetadataValue.path(str(docs_page(run, suite["suite"]))),
        },
    )
