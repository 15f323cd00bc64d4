"""Runs the steps on the connection handed over, one transaction each."""

from __future__ import annotations

from alembic import context

from hipdesk.adapters._store_schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # Alembic thinks SQLite cannot roll back CREATE TABLE; with our own BEGIN it can.
    transactional_ddl=True,
    transaction_per_migration=True,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
