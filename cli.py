"""The command line: palvelutarve = cli:app."""

import typer

app = typer.Typer(no_args_is_help=True)


@app.callback()
def main() -> None:
    """Service need and record quality for wellbeing services counties."""
