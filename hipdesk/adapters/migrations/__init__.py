"""Steps that bring an older patient library to the present schema (Alembic)."""
