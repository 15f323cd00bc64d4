"""Readers' revisions, reviews, impressions and reports; search, thumbnails, moved visits."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from typing import Any, Final

import sqlalchemy as sa
from alembic import op

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: str | None = None
depends_on: str | None = None

_MOMENT: Final = sa.DateTime(timezone=True)
_APPEND_ONLY: Final = ("thumbnail", "review", "impression", "report", "kept_apart", "dated")


def upgrade() -> None:
    """Add what readers say of analyses, and forbid changing it."""
    _extend_tables()
    _create_readers_tables()
    _create_regrouping_tables()
    _fill()
    _forbid_changes()


def _id() -> sa.Column[int]:
    return sa.Column("id", sa.Integer, primary_key=True)


def _belongs_to(table: str, name: str | None = None) -> sa.Column[int]:
    key = sa.ForeignKey(f"{table}.id")
    return sa.Column(name or f"{table}_id", sa.Integer, key, nullable=False)


def _required(name: str, kind: Any = sa.Text) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)


def _extend_tables() -> None:
    op.add_column("revision", sa.Column("reader", sa.Text))
    op.add_column("hip_result", sa.Column("placed", sa.Boolean))
    op.add_column("series", sa.Column("slices", sa.Integer))
    op.add_column("patient", sa.Column("search", sa.Text))
    # Alembic would add the key in a second step, which SQLite cannot.
    op.execute("ALTER TABLE visit ADD COLUMN stated_patient_id INTEGER REFERENCES patient (id)")
    op.create_index(None, "visit", ["stated_patient_id", "day"])


def _create_readers_tables() -> None:
    op.create_table(
        "thumbnail",
        _id(),
        _belongs_to("analysis"),
        _required("rows", sa.Integer),
        _required("columns", sa.Integer),
        _required("packed", sa.LargeBinary),
        sa.UniqueConstraint("analysis_id"),
    )
    op.create_table(
        "review",
        _id(),
        _belongs_to("analysis"),
        _required("side", sa.String(1)),
        _required("revision", sa.Integer),
        _required("kind"),
        _required("reader"),
        _required("at_utc", _MOMENT),
        _required("note"),
    )
    op.create_table(
        "impression",
        _id(),
        _belongs_to("analysis"),
        _required("words"),
        _required("reader"),
        _required("at_utc", _MOMENT),
    )
    op.create_table(
        "report",
        _id(),
        _belongs_to("analysis"),
        _required("pdf_sha256", sa.String(64)),
        _required("final", sa.Boolean),
        _required("reader"),
        _required("at_utc", _MOMENT),
    )
    for table in ("review", "impression", "report"):
        op.create_index(None, table, ["analysis_id"])


def _create_regrouping_tables() -> None:
    op.create_table(
        "kept_apart",
        _id(),
        _belongs_to("patient", "first_id"),
        _belongs_to("patient", "second_id"),
        _required("reader"),
        _required("at_utc", _MOMENT),
        sa.UniqueConstraint("first_id", "second_id"),
    )
    op.create_table(
        "dated",
        _id(),
        _belongs_to("visit"),
        _required("day", sa.Date),
        _required("reader"),
        _required("at_utc", _MOMENT),
    )
    op.create_index(None, "dated", ["visit_id"])


def _fill() -> None:
    """Give what is stored already its search text and the patient whom its files name."""
    connection = op.get_bind()
    connection.execute(sa.text("UPDATE visit SET stated_patient_id = patient_id"))
    numbers = defaultdict(list)
    accessions = sa.text("SELECT patient_id, accession FROM study ORDER BY id")
    for patient, accession in connection.execute(accessions):
        numbers[patient].append(accession)
    people = connection.execute(sa.text("SELECT id, name, identifier FROM patient")).all()
    filled = [
        {"key": key, "search": _search_text(name, (identifier, *numbers[key]))}
        for key, name, identifier in people
    ]
    if filled:
        connection.execute(sa.text("UPDATE patient SET search = :search WHERE id = :key"), filled)


def _search_text(name: str, others: Iterable[str]) -> str:
    joined = (re.sub(r"[\s^]+", "", part) for part in name.split("="))
    text = "\n".join(dict.fromkeys(filter(None, (name, *joined, *others))))
    folded = unicodedata.normalize("NFKC", text).casefold()
    bare = re.sub("[\u0300-\u036f]", "", unicodedata.normalize("NFKD", folded))
    return unicodedata.normalize("NFC", bare)


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
