"""Central slices moved, slices taken out, lesions per slice, repeats, and visits put aside."""

from __future__ import annotations

from typing import Any, Final

import sqlalchemy as sa
from alembic import op

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: str | None = None
depends_on: str | None = None

_MOMENT: Final = sa.DateTime(timezone=True)
_APPEND_ONLY: Final = ("visit_pair", "visit_put_aside")


def upgrade() -> None:
    """Add what a follow-up needs, and forbid changing it."""
    _extend_tables()
    _create_pairs()
    _create_put_aside()
    _forbid_changes()


def _extend_tables() -> None:
    for name in ("bme_u_intensity", "effusion_u_intensity"):
        op.add_column("slice_score", sa.Column(name, sa.Double))
    op.add_column("slice_score", sa.Column("note", sa.Text))
    op.add_column("hip_result", sa.Column("central_moved", sa.Boolean))
    op.add_column("analysis", sa.Column("stated_sides", sa.JSON(none_as_null=True)))


def _create_pairs() -> None:
    op.create_table(
        "visit_pair",
        sa.Column("id", sa.Integer, primary_key=True),
        _belongs_to("analysis", "first_analysis_id"),
        _belongs_to("analysis", "second_analysis_id"),
        _required("purpose"),
        _required("side", sa.String(1)),
        _required("first_revision", sa.Integer),
        _required("second_revision", sa.Integer),
        _required("first_masks_sha256", sa.String(64)),
        _required("second_masks_sha256", sa.String(64)),
        _required("withdrawn", sa.Boolean),
        _required("reader"),
        _required("at_utc", _MOMENT),
    )
    for column in ("first_analysis_id", "second_analysis_id"):
        op.create_index(None, "visit_pair", [column])


def _create_put_aside() -> None:
    op.create_table(
        "visit_put_aside",
        sa.Column("id", sa.Integer, primary_key=True),
        _belongs_to("visit", "visit_id"),
        _required("aside", sa.Boolean),
        _required("reason"),
        _required("reader"),
        _required("at_utc", _MOMENT),
    )
    op.create_index(None, "visit_put_aside", ["visit_id"])


def _belongs_to(table: str, name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, sa.ForeignKey(f"{table}.id"), nullable=False)


def _required(name: str, kind: Any = sa.Text) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)


def _forbid_changes() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for table in _APPEND_ONLY:
            op.execute(
                f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
                f"FOR EACH ROW EXECUTE FUNCTION hipdesk_append_only()"
            )
        return
    for table in _APPEND_ONLY:
        for event in ("update", "delete"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{event} BEFORE {event.upper()} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, 'append only'); END"
            )
