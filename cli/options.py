"""Options that several commands have, and what all of them do with a mistake in the input."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from lake.settings import Settings

CountyOption = Annotated[str, typer.Option("--county", help="The county's slug, such as paijat-hame.")]
SeedOption = Annotated[int, typer.Option("--seed", min=0, help="Seed of all randomness.")]
AsOfOption = Annotated[str, typer.Option("--as-of", help="The day the work knows the world on, YYYY-MM-DD.")]
OutOption = Annotated[Path, typer.Option("--out", help="Where the result is written.")]
SyntheticOption = Annotated[bool, typer.Option("--synthetic", help="Of the synthetic county.")]


@contextmanager
def clear_errors() -> Iterator[None]:
    """Turn an error in the input into one line and exit code 2; anything else is a defect and keeps its trace."""
    try:
        yield
    except ValueError as error:  # a mistake in a county file is one
        reason = str(error)
    except (FileNotFoundError, FileExistsError, NotADirectoryError, PermissionError) as error:
        reason = f"{error.filename}: {error.strerror}" if error.strerror else str(error)
    else:
        return
    typer.echo(f"palvelutarve: {reason}", err=True)
    raise typer.Exit(2)


def input_folder(settings: Settings, county: str, data: Path | None) -> Path:
    """The folder a run reads: the given one, what has landed or been fetched, or the synthetic county.

    Raises:
        FileNotFoundError: the given folder is not there.
    """
    folder = read_folder(settings, county, data)
    if folder != settings.demo(county) or data is not None:
        return folder
    from assets.demo import ensure_demo

    typer.echo(f"Nothing has landed or been fetched for {county}: using its synthetic county.", err=True)
    return ensure_demo(settings, county)


def read_folder(settings: Settings, county: str, data: Path | None) -> Path:
    """The same folder, where the synthetic county may not have been made.

    Raises:
        FileNotFoundError: the given folder is not there.
    """
    if data is None:
        return settings.standing_input(county) or settings.demo(county)
    if not data.is_dir():
        raise FileNotFoundError(f"--data {data}: there is no such folder")
    return data.resolve()
