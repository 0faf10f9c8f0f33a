"""Files of assumptions and scenarios: strict models read from YAML, with mistakes named by file and place."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from forecasting.contracts import NeedInputError

Month = Annotated[str, Field(pattern=r"^\d{4}-(0[1-9]|1[0-2])$")]
"""A month as `YYYY-MM`."""


class Strict(BaseModel):
    """A model of a file: frozen, and without fields that nobody knows."""

    model_config = ConfigDict(extra="forbid", frozen=True)


Model = TypeVar("Model", bound=BaseModel)


def read_yaml(path: Path, model: type[Model]) -> Model:
    """Read one YAML file as a model; mistakes name the file and the place.

    Raises:
        FileNotFoundError: there is no such file.
        NeedInputError: the file is empty, no text in UTF-8, no YAML, or does not fit the model.
    """
    if not path.exists():
        raise FileNotFoundError(f"{path}: there is no such file")
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        if content is None:
            raise NeedInputError(f"{path}: the file is empty; fill it in or leave it out")
        return model.model_validate(content)
    except (UnicodeDecodeError, yaml.reader.ReaderError):
        raise NeedInputError(
            f"{path}: the file is binary or not UTF-8, not YAML; give a YAML file and save it as text in UTF-8"
        ) from None
    except yaml.YAMLError as error:
        raise NeedInputError(f"{path}: not readable as YAML: {' '.join(str(error).split())}") from None
    except ValidationError as error:
        lines = [f"{'.'.join(map(str, e['loc'])) or 'the file'}: {e['msg']}" for e in error.errors()]
        raise NeedInputError(f"{path}: {'; '.join(lines)}") from None
