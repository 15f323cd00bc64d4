"""Patients, visits, series, analyses with scores and masks, and the audit chain."""

from __future__ import annotations

from typing import Any, Final

import sqlalchemy as sa
from alembic import op

revision: str = "0001"
down_revision: str | None = None
branch_labels: str | None = None
depends_on: str | None = None

_MOMENT: Final = sa.DateTime(timezone=True)
_JSON: Final = sa.JSON(none_as_null=True)
_APPEND_ONLY: Final = (
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
)


def upgrade() -> None:
    """Create every table of the first version, then forbid changing results."""
    _create_people()
    _create_series()
    _create_analysis()
    _create_scores()
    _create_audit()
    _forbid_changes()


def _id() -> sa.Column[int]:
    return sa.Column("id", sa.Integer, primary_key=True)


def _belongs_to(table: str) -> sa.Column[int]:
    return sa.Column(f"{table}_id", sa.Integer, sa.ForeignKey(f"{table}.id"), nullable=False)


def _required(name: str, kind: Any = sa.Text) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)


def _create_people() -> None:
    op.create_table(
        "patient",
        _id(),
        sa.Column("uid", sa.String(32), nullable=False, unique=True),
        _required("identifier"),
        _required("issuer"),
        _required("name"),
        sa.Column("birth_date", sa.Date),
        _required("sex"),
        _required("saved_utc", _MOMENT),
    )
    op.create_index(None, "patient", ["identifier", "issuer"])
    op.create_table(
        "visit",
        _id(),
        sa.Column("uid", sa.String(32), nullable=False, unique=True),
        _belongs_to("patient"),
        sa.Column("day", sa.Date),
        _required("saved_utc", _MOMENT),
    )
    op.create_index(None, "visit", ["patient_id", "day"])
    op.create_table(
        "study",
        _id(),
        _belongs_to("patient"),
        _belongs_to("visit"),
        _required("uid"),
        sa.Column("folder", sa.String(32), nullable=False, unique=True),
        sa.Column("date", sa.Date),
        sa.Column("time", sa.Time),
        _required("accession"),
        _required("description"),
    )
    for column in ("uid", "patient_id", "visit_id"):
        op.create_index(None, "study", [column])


def _create_series() -> None:
    op.create_table(
        "series",
        _id(),
        _belongs_to("study"),
        _required("uid"),
        sa.Column("folder", sa.String(32), nullable=False, unique=True),
        _required("content_sha256", sa.String(64)),
        _required("description"),
        sa.Column("number", sa.Integer),
        _required("frame_of_reference_uid"),
        _required("plane"),
        _required("contrast"),
        _required("rows", sa.Integer),
        _required("columns", sa.Integer),
        _required("affine", _JSON),
        _required("spacing_mm", _JSON),
        sa.Column("display_window", _JSON),
        _required("acquisition", _JSON),
        sa.UniqueConstraint("study_id", "uid", "content_sha256"),
    )
    op.create_table(
        "instance",
        _id(),
        _belongs_to("series"),
        sa.Column("sop_instance_uid", sa.Text),
        _required("file", sa.String(32)),
        _required("sha256", sa.String(64)),
        _required("bytes", sa.Integer),
        sa.UniqueConstraint("series_id", "file"),
    )


def _create_analysis() -> None:
    op.create_table(
        "analysis",
        _id(),
        sa.Column("uid", sa.Text, nullable=False, unique=True),
        _belongs_to("series"),
        _required("program_version"),
        _required("created_utc", _MOMENT),
        _required("saved_utc", _MOMENT),
        _required("definition"),
        _required("origin"),
        _required("pixel_sha256"),
        _required("compute_requested"),
        _required("compute_provider"),
        _required("compute_reason"),
        sa.Column("total_u_intensity", sa.Double),
        sa.Column("total_u_area", sa.Double),
        sa.Column("total_n_counted", sa.Integer),
        sa.Column("total_reason", sa.Text),
    )
    op.create_index(None, "analysis", ["series_id"])
    op.create_table(
        "analysis_model",
        _id(),
        _belongs_to("analysis"),
        _required("position", sa.Integer),
        _required("name"),
        _required("version"),
        _required("sha256"),
        _required("task"),
        _required("trained_on"),
        sa.UniqueConstraint("analysis_id", "position"),
    )
    op.create_table(
        "warning",
        _id(),
        _belongs_to("analysis"),
        _required("scope"),
        _required("position", sa.Integer),
        _required("code"),
        _required("message"),
        sa.Column("figure", sa.Double),
        sa.UniqueConstraint("analysis_id", "scope", "position"),
    )
    op.create_table(
        "revision",
        _id(),
        _belongs_to("analysis"),
        _required("number", sa.Integer),
        _required("origin"),
        _required("created_utc", _MOMENT),
        sa.UniqueConstraint("analysis_id", "number"),
    )


def _create_scores() -> None:
    op.create_table(
        "hip_result",
        _id(),
        _belongs_to("revision"),
        _required("side", sa.String(1)),
        _required("found", sa.Boolean),
        _required("confidence", sa.Double),
        sa.Column("centre_lps_mm", _JSON),
        sa.Column("radius_mm", sa.Double),
        sa.Column("head_reason", sa.Text),
        sa.Column("box", _JSON),
        sa.Column("n_counted", sa.Integer),
        sa.Column("central_index", sa.Integer),
        sa.Column("reason", sa.Text),
        sa.Column("u_intensity", sa.Double),
        sa.Column("u_area", sa.Double),
        sa.Column("bme_ml", sa.Double),
        sa.Column("effusion_ml", sa.Double),
        sa.Column("head_ml", sa.Double),
        sa.Column("bme_head_percent", sa.Double),
        sa.UniqueConstraint("revision_id", "side"),
    )
    op.create_table(
        "lesion_score",
        _id(),
        _belongs_to("hip_result"),
        _required("lesion"),
        _required("u_intensity", sa.Double),
        _required("u_area", sa.Double),
        sa.UniqueConstraint("hip_result_id", "lesion"),
    )
    op.create_table(
        "slice_score",
        _id(),
        _belongs_to("hip_result"),
        _required("position", sa.Integer),
        _required("slice_index", sa.Integer),
        _required("sop_instance_uid"),
        sa.Column("frame_number", sa.Integer),
        _required("counted", sa.Boolean),
        sa.Column("reason", sa.Text),
        _required("head_px", sa.Integer),
        sa.Column("bme_px", sa.Integer),
        sa.Column("effusion_px", sa.Integer),
        sa.Column("u_intensity", sa.Double),
        sa.Column("u_area", sa.Double),
        sa.UniqueConstraint("hip_result_id", "position"),
    )
    op.create_table(
        "mask",
        _id(),
        _belongs_to("hip_result"),
        _required("name"),
        _required("packed", sa.LargeBinary),
        sa.UniqueConstraint("hip_result_id", "name"),
    )


def _create_audit() -> None:
    op.create_table(
        "audit",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        _required("at_utc"),
        _required("action"),
        _required("content"),
        sa.Column("previous_sha256", sa.String(64), nullable=False, unique=True),
        _required("sha256", sa.String(64)),
    )


def _forbid_changes() -> None:
    if op.get_bind().dialect.name == "postgresql":
        _forbid_changes_postgresql()
        return
    for table in _APPEND_ONLY:
        for event in ("update", "delete"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{event} BEFORE {event.upper()} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, 'append only'); END"
            )


def _forbid_changes_postgresql() -> None:
    op.execute(
        "CREATE FUNCTION hipdesk_append_only() RETURNS trigger AS $$ "
        "BEGIN RAISE EXCEPTION 'append only'; END; $$ LANGUAGE plpgsql"
    )
    for table in _APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION hipdesk_append_only()"
        )
