"""The journal of readers' brush strokes."""

from __future__ import annotations

from typing import Any, Final

import sqlalchemy as sa
from alembic import op

revision: str = "0008"
down_revision: str | None = "0007"
branch_labels: str | None = None
depends_on: str | None = None

_MOMENT: Final = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Add the journal, and forbid changing it."""
    op.create_table(
        "stroke",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("analysis_id", sa.Integer, sa.ForeignKey("analysis.id"), nullable=False),
        _required("number", sa.Integer),
        _required("side", sa.String(1)),
        _required("base", sa.Integer),
        _required("act"),
        sa.Column("name", sa.Text),
        sa.Column("sop_instance_uid", sa.Text),
        sa.Column("frame_number", sa.Integer),
        sa.Column("slice_index", sa.Integer),
        sa.Column("box", sa.JSON(none_as_null=True)),
        sa.Column("packed", sa.LargeBinary),
        sa.Column("packed_sha256", sa.String(64)),
        sa.Column("made", sa.Integer),
        _required("reader"),
        _required("at_utc", _MOMENT),
        sa.UniqueConstraint("analysis_id", "number"),
    )
    _forbid_changes()


def _required(name: str, kind: Any = sa.Text) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)


def _forbid_changes() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE TRIGGER stroke_append_only BEFORE UPDATE OR DELETE ON stroke "
            "FOR EACH ROW EXECUTE FUNCTION hipdesk_append_only()"
        )
        return
    for event in ("update", "delete"):
        op.execute(
            f"CREATE TRIGGER stroke_no_{event} BEFORE {event.upper()} ON stroke "
            f"BEGIN SELECT RAISE(ABORT, 'append only'); END"
        )
