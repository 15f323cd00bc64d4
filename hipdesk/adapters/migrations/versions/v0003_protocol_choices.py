"""What readers chose for a scanner's protocol or withdrew; in which character set names are."""

from __future__ import annotations

from typing import Any, Final

import sqlalchemy as sa
from alembic import op

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: str | None = None
depends_on: str | None = None

_MOMENT: Final = sa.DateTime(timezone=True)
_APPEND_ONLY: Final = ("protocol_override", "override_withdrawn", "spelling")


def upgrade() -> None:
    """Add the choices, and forbid changing them."""
    op.create_table(
        "protocol_override",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("uid", sa.String(32), nullable=False, unique=True),
        *(_required(name) for name in ("manufacturer", "model", "protocol", "description")),
        *(_required(name) for name in ("sequence", "image_type", "plane")),
        *(sa.Column(name, sa.Double) for name in ("tr_ms", "te_ms", "ti_ms")),
        _required("kind"),
        sa.Column("contrast", sa.Text),
        _required("reader"),
        _required("at_utc", _MOMENT),
    )
    op.create_table(
        "override_withdrawn",
        sa.Column("id", sa.Integer, primary_key=True),
        _belongs_to("protocol_override", "override_id"),
        _required("reader"),
        _required("at_utc", _MOMENT),
        sa.UniqueConstraint("override_id"),
    )
    op.create_table(
        "spelling",
        sa.Column("id", sa.Integer, primary_key=True),
        _belongs_to("series", "series_id"),
        _required("charset"),
        _required("reader"),
        _required("at_utc", _MOMENT),
    )
    op.create_index(None, "spelling", ["series_id"])
    _forbid_changes()


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
