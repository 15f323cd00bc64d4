"""What is remembered of opened folders, switched on and off and emptied."""

from __future__ import annotations

from hipdesk.adapters.dicom_folder import user_index
from hipdesk.adapters.safe_reader import SafeReader


class IndexOfFolders:
    """An `app.services.OpenedFolders` on the index in the user's data folder.

    Parameters
    ----------
    reader : whose scans are remembered
    """

    def __init__(self, reader: SafeReader) -> None:
        self._reader = reader

    def remember(self, on: bool) -> None:
        """Remember from now on, or not; what was remembered is then forgotten, too."""
        if not on:
            self.forget()
        self._reader.remember_in(user_index() if on else None)

    def forget(self) -> None:
        """Forget all of it, what earlier runs of the program kept included."""
        self._reader.forget()
        user_index().clear()
