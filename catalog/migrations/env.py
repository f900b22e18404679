"""What Alembic runs for each command: the transaction it is given, and no other."""

from alembic import context

from catalog.tables import metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    transactional_ddl=True,  # SQLite's DDL is transactional too: our BEGIN IMMEDIATE covers all of it
)
# No begin_transaction(): the caller's commits or rolls back everything, the version number included.
context.run_migrations()
