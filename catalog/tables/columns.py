"""What columns are made of: the kinds of values, and the names that constraints get."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Integer, MetaData, String, TypeDecorator
from sqlalchemy.engine import Dialect

from integrity.clock import from_instant, instant

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Instant(TypeDecorator[datetime]):
    """An aware datetime, stored as RFC 3339 text in UTC whose order is the order of time."""

    impl = String(27)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:
        return None if value is None else instant(value)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:
        return None if value is None else from_instant(value)


Id = String(26)
Sha256 = String(64)
# SQLite numbers rows only through INTEGER PRIMARY KEY; PostgreSQL gets a 64-bit identity.
Sequence = BigInteger().with_variant(Integer, "sqlite")
