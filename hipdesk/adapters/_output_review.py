"""What readers have added to an analysis, in the parts of a structured report.

A hip's verdict is a code in the hip's own group. Signatures and the reader's
words are texts of their own (TID 1500, "Qualitative Evaluations"). A report that
is signed throughout is final and verified, each signing reader a verifying
observer (PS3.3 C.17.2).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from highdicom.sr import (
    ContainerContentItem,
    ContentSequence,
    QualitativeEvaluation,
    RelationshipTypeValues,
    TextContentItem,
)
from pydicom import Dataset
from pydicom.sr.coding import Code

from hipdesk.adapters import _output_codes as codes
from hipdesk.records import Side
from hipdesk.report import ReportReview
from hipdesk.review import LONGEST_NAME, Review

UNNAMED: Final = "a reader without a name"
NOT_STATED: Final = "not stated"


def verdict_of(side: Side, review: ReportReview | None) -> list[QualitativeEvaluation]:
    """How readers judged a hip; nothing where nobody was asked or it has no result."""
    if review is None or side not in review.verdicts:
        return []
    value = codes.VERDICTS[review.verdicts[side]]
    return [QualitativeEvaluation(name=codes.VERDICT, value=value)]


def add_words(report: Dataset, review: ReportReview | None) -> None:
    """Append signatures and the reader's words to the root of a measurement report."""
    texts = [] if review is None else list(_texts(review))
    if not texts:
        return
    container = ContainerContentItem(
        name=codes.QUALITATIVE, relationship_type=RelationshipTypeValues.CONTAINS
    )
    container.ContentSequence = ContentSequence(texts)
    report.ContentSequence.append(container)


def _texts(review: ReportReview) -> Iterator[TextContentItem]:
    for each in review.signatures:
        when = each.at_utc.astimezone(UTC)
        words = f"{each.side.word} hip, {each.reader or UNNAMED}, {when:%Y-%m-%d %H:%M:%S} UTC"
        yield _text(codes.SIGNATURE, words)
    if review.impression:
        yield _text(codes.IMPRESSION, review.impression)


def _text(name: Code, value: str) -> TextContentItem:
    return TextContentItem(name, value, RelationshipTypeValues.CONTAINS)


def verify(document: Dataset, review: ReportReview | None, organization: str) -> None:
    """Mark a report as final and verified where every hip is signed.

    Parameters
    ----------
    organization : for which the readers sign; may be empty
    """
    if review is None or not review.final:
        return
    document.PreliminaryFlag = "FINAL"
    document.VerificationFlag = "VERIFIED"
    last = {each.reader: each for each in sorted(review.signatures, key=lambda each: each.at_utc)}
    document.VerifyingObserverSequence = [_observer(each, organization) for each in last.values()]


def _observer(signature: Review, organization: str) -> Dataset:
    item = Dataset()
    item.VerifyingObserverName = _one_value(signature.reader) or UNNAMED
    item.VerifyingOrganization = _one_value(organization) or NOT_STATED
    item.VerificationDateTime = _moment(signature.at_utc)
    item.VerifyingObserverIdentificationCodeSequence = []
    return item


def _moment(at: datetime) -> str:
    """A DICOM date and time with its offset from UTC."""
    return f"{at.astimezone(UTC):%Y%m%d%H%M%S}+0000"


def _one_value(text: str) -> str:
    """A typed name without what parts values, groups and components (PS3.5 6.2.1)."""
    plain = text.translate(str.maketrans("\\=^", "   "))
    return " ".join(plain.split())[:LONGEST_NAME].strip()
