"""PDF -> pictures of its pages, for preview and printing."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Final

import numpy as np
import pypdfium2 as pdfium
from numpy.typing import NDArray

from hipdesk.errors import BugError, OutputError

POINTS_PER_INCH: Final = 72.0

_PDFIUM: Final = threading.Lock()
"""PDFium keeps its state in the process: one call at a time, whatever the document."""


class PdfPages:
    """The pages of one PDF file; may be used from any thread.

    Nothing stays open between calls: opening a report anew takes PDFium less
    than a millisecond, and so nothing is left to be closed in the wrong thread.

    Parameters
    ----------
    content : the file's bytes

    Raises
    ------
    OutputError
        PDFium cannot read it.
    """

    def __init__(self, content: bytes) -> None:
        self._content = content
        with _opened(content) as document:
            self._count = len(document)

    def __len__(self) -> int:
        """Number of pages."""
        return self._count

    def picture(self, number: int, dpi: float) -> NDArray[np.uint8]:
        """One page on white.

        Parameters
        ----------
        number : of the page, 0-based
        dpi : pixels per inch of paper

        Returns
        -------
        (rows, columns, 3), red, green, blue; whole pixels that hold the page

        Raises
        ------
        OutputError
            PDFium cannot draw it.
        """
        if not 0 <= number < self._count:
            raise BugError("there is no such page")
        with (
            _opened(self._content) as document,
            closing(document[number]) as page,
            closing(page.render(scale=dpi / POINTS_PER_INCH, rev_byteorder=True)) as bitmap,
        ):
            return np.array(bitmap.to_numpy()[..., :3], order="C", copy=True)


def page_pictures(content: bytes, dpi: float) -> tuple[NDArray[np.uint8], ...]:
    """All pages of a PDF file as pictures: see `PdfPages.picture`.

    Raises
    ------
    OutputError
        PDFium cannot read or draw them.
    """
    pages = PdfPages(content)
    return tuple(pages.picture(number, dpi) for number in range(len(pages)))


@contextmanager
def _opened(content: bytes) -> Iterator[pdfium.PdfDocument]:
    """A document, open and PDFium's only one while the block lasts."""
    with _PDFIUM:
        try:
            with closing(pdfium.PdfDocument(content)) as document:
                yield document
        except pdfium.PdfiumError as error:
            raise OutputError(
                "The pages of the report cannot be shown, because its PDF file is damaged; make "
                "the report again."
            ) from error
