"""Alignments of a hip between two visits."""

from __future__ import annotations

from typing import Any, Final

import sqlalchemy as sa
from alembic import op

revision: str = "0007"
down_revision: str | None = "0006"
branch_labels: str | None = None
depends_on: str | None = None

_MOMENT: Final = sa.DateTime(timezone=True)
_ENDS: Final = ("earlier", "later")


def upgrade() -> None:
    """Add the alignments, and forbid changing them."""
    op.create_table(
        "registration",
        sa.Column("id", sa.Integer, primary_key=True),
        *(_belongs_to_analysis(f"{end}_analysis_id") for end in _ENDS),
        _required("side", sa.String(1)),
        *(_required(f"{end}_revision", sa.Integer) for end in _ENDS),
        _required("engine"),
        _required("program_version"),
        _required("fluid_sensitive", sa.Boolean),
        _required("not_comparable", sa.Boolean),
        _required("bones", sa.JSON(none_as_null=True)),
        _required("reader"),
        _required("at_utc", _MOMENT),
    )
    for end in _ENDS:
        op.create_index(None, "registration", [f"{end}_analysis_id"])
    _forbid_changes()


def _belongs_to_analysis(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, sa.ForeignKey("analysis.id"), nullable=False)


def _required(name: str, kind: Any = sa.Text) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)


def _forbid_changes() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE TRIGGER registration_append_only BEFORE UPDATE OR DELETE ON registration "
            "FOR EACH ROW EXECUTE FUNCTION hipdesk_append_only()"
        )
        return
    for event in ("update", "delete"):
        op.execute(
            f"CREATE TRIGGER registration_no_{event} BEFORE {event.upper()} ON registration "
            f"BEGIN SELECT RAISE(ABORT, 'append only'); END"
        )
