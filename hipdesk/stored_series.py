"""A series of the library read again, with what was found on it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from hipdesk.errors import StoreError, UnreadableInput
from hipdesk.ports import Cancelled, StudyReader, VisitStore, never_cancelled
from hipdesk.records import Volume
from hipdesk.review import Reviewed


@dataclass(frozen=True, slots=True, eq=False)
class StoredSeries:
    """An analysis of the library with the pixels it was made of."""

    reviewed: Reviewed
    volume: Volume


def read_stored(
    store: VisitStore,
    reader: StudyReader,
    analysis_uid: str,
    so: str,
    cancelled: Cancelled = never_cancelled,
) -> StoredSeries:
    """Read the library's copy of what was analysed, and what was found.

    Parameters
    ----------
    so : what cannot be done without it, as in ``the hip is not aligned``

    Raises
    ------
    StoreError
        The copy is gone, or is not what was analysed.
    DamagedImage
        A slice cannot be decoded.
    Cancelled
        The user asked to stop.
    """
    folder, charset = store.series_folder(analysis_uid), store.charset(analysis_uid)
    try:
        found = reader.scan(folder, cancelled=cancelled, charset=charset).series
    except UnreadableInput as error:
        raise _gone(so) from error
    if not found:
        raise _gone(so)
    refusal: StoreError | None = None
    for series in found:
        try:
            reviewed = store.load(analysis_uid, series)
        except StoreError as error:
            refusal = error
            continue
        volume = reader.read(series, cancelled=cancelled)
        if volume.pixel_sha256 == reviewed.analysis.pixel_sha256:
            return StoredSeries(reviewed, replace(volume, series=reviewed.analysis.series))
    raise refusal or StoreError(
        f"The images in the patient library are not those that were analysed, so {so}; restore "
        "the library from a copy."
    )


def _gone(so: str) -> StoreError:
    return StoreError(
        f"The images that were analysed are missing from the patient library, so {so}; restore "
        "the library from a copy."
    )
