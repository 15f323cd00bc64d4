"""The program's errors: the world's faults, and ours.

A `KnownError` is the world's fault (a damaged file, a full disk, nothing
suitable in a folder). Its text is one sentence for a doctor that says what
happened and what to do next. A `BugError` is ours. Only these leave an
adapter; whatever a library raised is chained with ``raise ... from``.
"""

from __future__ import annotations

from typing import ClassVar


class KnownError(Exception):
    """Something outside the program is not as it must be.

    Attributes
    ----------
    code : stable identifier for ``--json`` output
    exit_code : status of the command line
    """

    code: ClassVar[str] = "known_error"
    exit_code: ClassVar[int] = 4


class UnreadableInput(KnownError):
    """The input cannot be opened, or holds no readable image."""

    code = "unreadable_input"
    exit_code = 4


class DamagedImage(UnreadableInput):
    """A DICOM file's pixels cannot be decoded."""

    code = "damaged_image"


class NothingSuitable(KnownError):
    """The input was read, but holds nothing that can be analysed."""

    code = "nothing_suitable"
    exit_code = 3


class NoSuitableSeries(NothingSuitable):
    """No coronal series of usable contrast."""

    code = "no_suitable_series"


class HeadNotFound(NothingSuitable):
    """No femoral head in the series."""

    code = "head_not_found"


class NoScorableHip(NothingSuitable):
    """Heads were found but no hip can be scored."""

    code = "no_scorable_hip"


class ModelError(KnownError):
    """A model is missing, altered or cannot be run."""

    code = "model_error"


class ModelAltered(ModelError):
    """A model file's hash differs from its manifest."""

    code = "model_altered"


class StoreError(KnownError):
    """The library of patients cannot be opened or written."""

    code = "store_error"


class StoreDamaged(StoreError):
    """The library's database is damaged; a repair may help."""

    code = "store_damaged"


class StoreTooNew(StoreError):
    """The library was written by a newer version of the program."""

    code = "store_too_new"


class SettingsError(KnownError):
    """Settings cannot be read or kept."""

    code = "settings_error"


class SettingsTooNew(SettingsError):
    """The settings were written by a newer version of the program."""

    code = "settings_too_new"


class RefusedValue(KnownError):
    """A value cannot be what it is said to be, e.g. outside its scale."""

    code = "refused_value"


class OutputError(KnownError):
    """A result cannot be written."""

    code = "output_error"


class Cancelled(Exception):
    """The user asked to stop; not an error."""


class BugError(Exception):
    """A contract inside the program was broken: our fault."""
