"""Tables of the patient library, as the newest migration leaves them.

Patients, visits and studies may later be regrouped; everything below a study
is appended once and never changed (the migrations add triggers that refuse
it). Lengths in millimetres, points in LPS, times in UTC.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Date,
    DateTime,
    Dialect,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    Time,
    TypeDecorator,
    UniqueConstraint,
)

NAMING: Final = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}

APPEND_ONLY: Final = (
    "series",
    "instance",
    "analysis",
    "analysis_model",
    "warning",
    "revision",
    "hip_result",
    "lesion_score",
    "slice_score",
    "mask",
    "audit",
    "thumbnail",
    "review",
    "impression",
    "report",
    "kept_apart",
    "dated",
    "protocol_override",
    "override_withdrawn",
    "spelling",
    "visit_pair",
    "visit_put_aside",
    "clinical",
    "treatment",
    "reading",
    "registration",
    "stroke",
)
"""Tables whose rows are never changed or removed."""


class UtcDateTime(TypeDecorator[datetime]):
    """A moment, kept in UTC and given back with its zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Moment as the database keeps it; one without zone is taken as UTC."""
        if value is None:
            return None
        moment = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Moment with its zone."""
        if not isinstance(value, datetime):
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


metadata: Final = MetaData(naming_convention=NAMING)

_Json = JSON(none_as_null=True)


def _id() -> Column[int]:
    return Column("id", Integer, primary_key=True)


def _belongs_to(table: str, name: str | None = None) -> Column[int]:
    return Column(name or f"{table}_id", Integer, ForeignKey(f"{table}.id"), nullable=False)


def _moment(name: str) -> Column[datetime]:
    return Column(name, UtcDateTime, nullable=False)


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False)


def _hash(name: str) -> Column[str]:
    return Column(name, String(64), nullable=False)


def _real(name: str) -> Column[float]:
    return Column(name, Double, nullable=True)


patient = Table(
    "patient",
    metadata,
    _id(),
    Column("uid", String(32), nullable=False, unique=True),
    _text("identifier"),
    _text("issuer"),
    _text("name"),
    Column("birth_date", Date),
    _text("sex"),
    Column("saved_utc", UtcDateTime, nullable=False),
    Column("search", Text),
    Index(None, "identifier", "issuer"),
)
"""``search``: name, ID and accession numbers, folded, a line each."""

visit = Table(
    "visit",
    metadata,
    _id(),
    Column("uid", String(32), nullable=False, unique=True),
    _belongs_to("patient"),
    Column("day", Date),
    Column("saved_utc", UtcDateTime, nullable=False),
    Column("stated_patient_id", Integer, ForeignKey("patient.id")),
    Index(None, "patient_id", "day"),
    Index(None, "stated_patient_id", "day"),
)
"""``stated_patient_id``: whom the files name; a reader may have given the visit to another."""

study = Table(
    "study",
    metadata,
    _id(),
    _belongs_to("patient"),
    _belongs_to("visit"),
    _text("uid"),
    Column("folder", String(32), nullable=False, unique=True),
    Column("date", Date),
    Column("time", Time),
    _text("accession"),
    _text("description"),
    Index(None, "uid"),
    Index(None, "patient_id"),
    Index(None, "visit_id"),
)

series = Table(
    "series",
    metadata,
    _id(),
    _belongs_to("study"),
    _text("uid"),
    Column("folder", String(32), nullable=False, unique=True),
    _hash("content_sha256"),
    _text("description"),
    Column("number", Integer),
    _text("frame_of_reference_uid"),
    _text("plane"),
    _text("contrast"),
    Column("rows", Integer, nullable=False),
    Column("columns", Integer, nullable=False),
    Column("affine", _Json, nullable=False),
    Column("spacing_mm", _Json, nullable=False),
    Column("display_window", _Json),
    Column("acquisition", _Json, nullable=False),
    Column("slices", Integer),
    UniqueConstraint("study_id", "uid", "content_sha256"),
)

instance = Table(
    "instance",
    metadata,
    _id(),
    _belongs_to("series"),
    Column("sop_instance_uid", Text),
    Column("file", String(32), nullable=False),
    _hash("sha256"),
    Column("bytes", Integer, nullable=False),
    UniqueConstraint("series_id", "file"),
)

analysis = Table(
    "analysis",
    metadata,
    _id(),
    Column("uid", Text, nullable=False, unique=True),
    _belongs_to("series"),
    _text("program_version"),
    Column("created_utc", UtcDateTime, nullable=False),
    Column("saved_utc", UtcDateTime, nullable=False),
    _text("definition"),
    _text("origin"),
    _text("pixel_sha256"),
    _text("compute_requested"),
    _text("compute_provider"),
    _text("compute_reason"),
    _real("total_u_intensity"),
    _real("total_u_area"),
    Column("total_n_counted", Integer),
    Column("total_reason", Text),
    Column("stated_sides", _Json),
    Index(None, "series_id"),
)
"""``stated_sides``: (side, source, of_series) of each part of the header that names one."""

analysis_model = Table(
    "analysis_model",
    metadata,
    _id(),
    _belongs_to("analysis"),
    Column("position", Integer, nullable=False),
    _text("name"),
    _text("version"),
    _text("sha256"),
    _text("task"),
    _text("trained_on"),
    UniqueConstraint("analysis_id", "position"),
)

warning = Table(
    "warning",
    metadata,
    _id(),
    _belongs_to("analysis"),
    _text("scope"),
    Column("position", Integer, nullable=False),
    _text("code"),
    _text("message"),
    _real("figure"),
    UniqueConstraint("analysis_id", "scope", "position"),
)

revision = Table(
    "revision",
    metadata,
    _id(),
    _belongs_to("analysis"),
    Column("number", Integer, nullable=False),
    _text("origin"),
    Column("created_utc", UtcDateTime, nullable=False),
    Column("reader", Text),
    UniqueConstraint("analysis_id", "number"),
)

hip_result = Table(
    "hip_result",
    metadata,
    _id(),
    _belongs_to("revision"),
    Column("side", String(1), nullable=False),
    Column("found", Boolean, nullable=False),
    Column("confidence", Double, nullable=False),
    Column("centre_lps_mm", _Json),
    _real("radius_mm"),
    Column("head_reason", Text),
    Column("box", _Json),
    Column("n_counted", Integer),
    Column("central_index", Integer),
    Column("reason", Text),
    _real("u_intensity"),
    _real("u_area"),
    _real("bme_ml"),
    _real("effusion_ml"),
    _real("head_ml"),
    _real("bme_head_percent"),
    Column("placed", Boolean),
    Column("central_moved", Boolean),
    UniqueConstraint("revision_id", "side"),
)

lesion_score = Table(
    "lesion_score",
    metadata,
    _id(),
    _belongs_to("hip_result"),
    _text("lesion"),
    Column("u_intensity", Double, nullable=False),
    Column("u_area", Double, nullable=False),
    UniqueConstraint("hip_result_id", "lesion"),
)

slice_score = Table(
    "slice_score",
    metadata,
    _id(),
    _belongs_to("hip_result"),
    Column("position", Integer, nullable=False),
    Column("slice_index", Integer, nullable=False),
    _text("sop_instance_uid"),
    Column("frame_number", Integer),
    Column("counted", Boolean, nullable=False),
    Column("reason", Text),
    Column("head_px", Integer, nullable=False),
    Column("bme_px", Integer),
    Column("effusion_px", Integer),
    _real("u_intensity"),
    _real("u_area"),
    _real("bme_u_intensity"),
    _real("effusion_u_intensity"),
    Column("note", Text),
    UniqueConstraint("hip_result_id", "position"),
)

mask = Table(
    "mask",
    metadata,
    _id(),
    _belongs_to("hip_result"),
    _text("name"),
    Column("packed", LargeBinary, nullable=False),
    UniqueConstraint("hip_result_id", "name"),
)

thumbnail = Table(
    "thumbnail",
    metadata,
    _id(),
    _belongs_to("analysis"),
    Column("rows", Integer, nullable=False),
    Column("columns", Integer, nullable=False),
    Column("packed", LargeBinary, nullable=False),
    UniqueConstraint("analysis_id"),
)

review = Table(
    "review",
    metadata,
    _id(),
    _belongs_to("analysis"),
    Column("side", String(1), nullable=False),
    Column("revision", Integer, nullable=False),
    _text("kind"),
    _text("reader"),
    _moment("at_utc"),
    _text("note"),
    Index(None, "analysis_id"),
)

impression = Table(
    "impression",
    metadata,
    _id(),
    _belongs_to("analysis"),
    _text("words"),
    _text("reader"),
    _moment("at_utc"),
    Index(None, "analysis_id"),
)

report = Table(
    "report",
    metadata,
    _id(),
    _belongs_to("analysis"),
    _hash("pdf_sha256"),
    Column("final", Boolean, nullable=False),
    _text("reader"),
    _moment("at_utc"),
    Index(None, "analysis_id"),
)

kept_apart = Table(
    "kept_apart",
    metadata,
    _id(),
    _belongs_to("patient", "first_id"),
    _belongs_to("patient", "second_id"),
    _text("reader"),
    _moment("at_utc"),
    UniqueConstraint("first_id", "second_id"),
)

dated = Table(
    "dated",
    metadata,
    _id(),
    _belongs_to("visit"),
    Column("day", Date, nullable=False),
    _text("reader"),
    _moment("at_utc"),
    Index(None, "visit_id"),
)

protocol_override = Table(
    "protocol_override",
    metadata,
    _id(),
    Column("uid", String(32), nullable=False, unique=True),
    _text("manufacturer"),
    _text("model"),
    _text("protocol"),
    _text("description"),
    _text("sequence"),
    _text("image_type"),
    _text("plane"),
    _real("tr_ms"),
    _real("te_ms"),
    _real("ti_ms"),
    _text("kind"),
    Column("contrast", Text),
    _text("reader"),
    _moment("at_utc"),
)
"""What a reader chose for a scanner's protocol; nothing in it tells of a patient."""

override_withdrawn = Table(
    "override_withdrawn",
    metadata,
    _id(),
    _belongs_to("protocol_override", "override_id"),
    _text("reader"),
    _moment("at_utc"),
    UniqueConstraint("override_id"),
)

spelling = Table(
    "spelling",
    metadata,
    _id(),
    _belongs_to("series"),
    _text("charset"),
    _text("reader"),
    _moment("at_utc"),
    Index(None, "series_id"),
)
"""In which character set a series' names are read, where its files state a wrong one."""

visit_pair = Table(
    "visit_pair",
    metadata,
    _id(),
    _belongs_to("analysis", "first_analysis_id"),
    _belongs_to("analysis", "second_analysis_id"),
    _text("purpose"),
    Column("side", String(1), nullable=False),
    Column("first_revision", Integer, nullable=False),
    Column("second_revision", Integer, nullable=False),
    _hash("first_masks_sha256"),
    _hash("second_masks_sha256"),
    Column("withdrawn", Boolean, nullable=False),
    _text("reader"),
    _moment("at_utc"),
    Index(None, "first_analysis_id"),
    Index(None, "second_analysis_id"),
)
"""Results that a reader named as repeats of an unchanged hip, or withdrew; the newest counts."""

visit_put_aside = Table(
    "visit_put_aside",
    metadata,
    _id(),
    _belongs_to("visit"),
    Column("aside", Boolean, nullable=False),
    _text("reason"),
    _text("reader"),
    _moment("at_utc"),
    Index(None, "visit_id"),
)
"""A visit taken out of every list and trend, or brought back; the newest counts."""

clinical = Table(
    "clinical",
    metadata,
    _id(),
    _belongs_to("visit"),
    Column("facts", _Json, nullable=False),
    _text("reader"),
    _moment("at_utc"),
    Index(None, "visit_id"),
)
"""What was asked, measured and found at a visit; the newest row counts."""

treatment = Table(
    "treatment",
    metadata,
    _id(),
    _belongs_to("patient"),
    Column("uid", String(32), nullable=False),
    Column("treatment", _Json, nullable=False),
    Column("withdrawn", Boolean, nullable=False),
    _text("reader"),
    _moment("at_utc"),
    Index(None, "patient_id"),
)
"""A state of a treatment; of rows with one uid the newest counts."""

reading = Table(
    "reading",
    metadata,
    _id(),
    _belongs_to("visit"),
    Column("side", String(1), nullable=False),
    _text("reader"),
    Column("number", Integer, nullable=False),
    Column("blinded_to_order", Boolean, nullable=False),
    *(Column(name, Integer) for name in ("femoral", "acetabular", "effusion")),
    _moment("at_utc"),
    Index(None, "visit_id"),
)
"""A reader's HIMRISS of one hip; of rows with the same reader and number the newest counts."""

registration = Table(
    "registration",
    metadata,
    _id(),
    _belongs_to("analysis", "earlier_analysis_id"),
    _belongs_to("analysis", "later_analysis_id"),
    Column("side", String(1), nullable=False),
    Column("earlier_revision", Integer, nullable=False),
    Column("later_revision", Integer, nullable=False),
    _text("engine"),
    _text("program_version"),
    Column("fluid_sensitive", Boolean, nullable=False),
    Column("not_comparable", Boolean, nullable=False),
    Column("bones", _Json, nullable=False),
    _text("reader"),
    _moment("at_utc"),
    Index(None, "earlier_analysis_id"),
    Index(None, "later_analysis_id"),
)
"""A hip's two results laid on each other; of those of the same results the newest counts.

``bones``: motion, residual, refusal and volumes of each, as `_store_alignments` writes them.
"""

stroke = Table(
    "stroke",
    metadata,
    _id(),
    _belongs_to("analysis"),
    Column("number", Integer, nullable=False),
    Column("side", String(1), nullable=False),
    Column("base", Integer, nullable=False),
    _text("act"),
    Column("name", Text),
    Column("sop_instance_uid", Text),
    Column("frame_number", Integer),
    Column("slice_index", Integer),
    Column("box", _Json),
    Column("packed", LargeBinary),
    Column("packed_sha256", String(64)),
    Column("made", Integer),
    _text("reader"),
    _moment("at_utc"),
    UniqueConstraint("analysis_id", "number"),
)
"""What a reader did with the brush, one act a row: `_store_strokes` tells what each means.

``base``: number of the revision that is painted on; ``made``: of the one that was made;
``box``: first and last + 1 row and column of the packed pixels.
"""

audit = Table(
    "audit",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    _text("at_utc"),
    _text("action"),
    _text("content"),
    Column("previous_sha256", String(64), nullable=False, unique=True),
    Column("sha256", String(64), nullable=False),
)
