"""The command line: `palvelutarve = cli:app`. Each command composes the libraries; none calculates.

Exit codes: 0 done, 1 the work failed or is incomplete, 2 the input or the options cannot be used.
"""

from __future__ import annotations

import os
import warnings

# Set before numpy is loaded: numerical libraries spin their threads against each other on small machines.
for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")
os.environ.setdefault("DO_NOT_TRACK", "1")

import typer  # noqa: E402

from cli import editions, forecasts, inputs, records  # noqa: E402

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


@app.callback()
def main() -> None:
    """Service need and record quality for wellbeing services counties."""
    warnings.filterwarnings(
        "ignore", message="Specifying a partitions_def on an AssetCheckSpec"
    )  # versions are locked


for _command in (
    *(editions.run, inputs.demo, inputs.fetch, forecasts.forecast, forecasts.need, records.check, records.why),
    *(editions.report, editions.deliver, editions.serve),
):
    app.command()(_command)
app.add_typer(records.audit_app, name="audit")
