"""Where models, resources and the user's own data are.

The same functions answer in a checkout, an installed wheel and a frozen
program: wheel and bundle carry ``models/`` and ``resources/`` inside the
package as ``hipdesk/_bundled``, a checkout has them beside it.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from platformdirs import user_data_path

from hipdesk.errors import BugError, ModelError

MODELS_VARIABLE: Final = "HIPDESK_MODELS"
"""Environment variable naming a folder of models that goes before all others."""

DATA_VARIABLE: Final = "HIPDESK_DATA"
"""Environment variable naming the user's data folder instead of the system's choice."""

LOCATOR: Final = "locate"
SEGMENTER: Final = "segment"
"""Names of the models delivered with the program."""

PACKAGE: Final = Path(__file__).resolve().parent


def user_data_dir() -> Path:
    """Folder of the user's library, models and logs; it may not exist yet."""
    named = os.environ.get(DATA_VARIABLE)
    return Path(named) if named else user_data_path("HipDesk", appauthor=False)


def default_library() -> Path:
    """Folder of the user's patient library, unless another is named."""
    return user_data_dir() / "patients"


def models_dirs() -> tuple[Path, ...]:
    """Existing folders of models, the first to be asked first.

    Raises
    ------
    ModelError
        The environment names a folder that is not there: the bundled models
        must not silently stand in for a site's own.
    """
    named = os.environ.get(MODELS_VARIABLE)
    own = [Path(named)] if named else []
    if own and not own[0].is_dir():
        raise ModelError(
            f"{MODELS_VARIABLE} names {named}, which is not a folder; correct it or unset it."
        )
    folders = (*own, user_data_dir() / "models", *_shipped("models"))
    return tuple(folder for folder in folders if folder.is_dir())


def model_folder(name: str, folders: Sequence[Path] | None = None) -> Path:
    """Folder of the model called ``name``.

    Parameters
    ----------
    folders : of models, the first to be asked first; `models_dirs` if None

    Raises
    ------
    ModelError
        No folder of models has it.
    """
    for folder in models_dirs() if folders is None else folders:
        if (folder / name / "manifest.json").is_file():
            return folder / name
    raise ModelError(
        f"There is no model called '{name}'; install HipDesk again, or put the model into a "
        f"folder and set {MODELS_VARIABLE} to it."
    )


def model_names() -> tuple[str, ...]:
    """Names of all models that `model_folder` finds, sorted."""
    manifests = (path for folder in models_dirs() for path in folder.glob("*/manifest.json"))
    return tuple(sorted({path.parent.name for path in manifests}))


def resources_dir() -> Path:
    """Folder of icons, fonts, style sheets and translations.

    Raises
    ------
    BugError
        The program was packed without it.
    """
    for folder in _shipped("resources"):
        if folder.is_dir():
            return folder
    raise BugError("the program was packed without its resources")


def _shipped(name: str) -> tuple[Path, Path]:
    """Where a folder that comes with the program may be: bundled, then checkout."""
    return PACKAGE / "_bundled" / name, PACKAGE.parent / name
