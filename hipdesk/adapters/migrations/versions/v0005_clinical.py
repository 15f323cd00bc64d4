"""Clinical facts of a visit, and treatments of a patient."""

from __future__ import annotations

from typing import Any, Final

import sqlalchemy as sa
from alembic import op

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels: str | None = None
depends_on: str | None = None

_MOMENT: Final = sa.DateTime(timezone=True)
_APPEND_ONLY: Final = ("clinical", "treatment")


def upgrade() -> None:
    """Add the tables, and forbid changing what is in them."""
    op.create_table(
        "clinical",
        sa.Column("id", sa.Integer, primary_key=True),
        _belongs_to("visit"),
        _required("facts", sa.JSON(none_as_null=True)),
        _required("reader"),
        _required("at_utc", _MOMENT),
    )
    op.create_index(None, "clinical", ["visit_id"])
    op.create_table(
        "treatment",
        sa.Column("id", sa.Integer, primary_key=True),
        _belongs_to("patient"),
        _required("uid", sa.String(32)),
        _required("treatment", sa.JSON(none_as_null=True)),
        _required("withdrawn", sa.Boolean),
        _required("reader"),
        _required("at_utc", _MOMENT),
    )
    op.create_index(None, "treatment", ["patient_id"])
    _forbid_changes()


def _belongs_to(table: str) -> sa.Column[int]:
    return sa.Column(f"{table}_id", sa.Integer, sa.ForeignKey(f"{table}.id"), nullable=False)


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
