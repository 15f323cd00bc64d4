"""HIMRISS readings of a visit's hips."""

from __future__ import annotations

from typing import Any, Final

import sqlalchemy as sa
from alembic import op

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels: str | None = None
depends_on: str | None = None

_MOMENT: Final = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Add the readings, and forbid changing them."""
    op.create_table(
        "reading",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("visit_id", sa.Integer, sa.ForeignKey("visit.id"), nullable=False),
        _required("side", sa.String(1)),
        _required("reader"),
        _required("number", sa.Integer),
        _required("blinded_to_order", sa.Boolean),
        *(sa.Column(name, sa.Integer) for name in ("femoral", "acetabular", "effusion")),
        _required("at_utc", _MOMENT),
    )
    op.create_index(None, "reading", ["visit_id"])
    _forbid_changes()


def _required(name: str, kind: Any = sa.Text) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)


def _forbid_changes() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE TRIGGER reading_append_only BEFORE UPDATE OR DELETE ON reading "
            "FOR EACH ROW EXECUTE FUNCTION hipdesk_append_only()"
        )
        return
    for event in ("update", "delete"):
        op.execute(
            f"CREATE TRIGGER reading_no_{event} BEFORE {event.upper()} ON reading "
            f"BEGIN SELECT RAISE(ABORT, 'append only'); END"
        )
