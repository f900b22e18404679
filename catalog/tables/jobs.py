"""What the service is at: workers, jobs that failed, and the reading of sealed bytes again."""

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, String, Table, Text

from catalog.tables.columns import Id, Instant, Sequence, Sha256, metadata

workers = Table(  # processes that prepare; one whose beats stand still is given up, and its recordings are free again
    "workers",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("host", Text, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("beats", BigInteger, nullable=False),
    Column("beat_at", Instant, nullable=False),  # by its own clock, for people: only `beats` decides
    Column("lost_at", Instant),  # when it was given up
)

job_failures = Table(  # of jobs that failed when they last ran; a job that succeeds takes its row away
    "job_failures",
    metadata,
    Column("kind", String(32), primary_key=True),
    Column("subject", String(64), primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("reason", Text, nullable=False),
    Column("since", Instant, nullable=False),
    Column("last_at", Instant, nullable=False),
)

scrubs = Table(  # a round of reading sealed bytes again; `position` and what is left let it go on after a kill
    "scrubs",
    metadata,
    Column("id", Id, primary_key=True),
    Column("began_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("position", Id),  # the last original of the rotation that was read
    Column("turns_left", Integer, nullable=False),
    Column("samples_left", Integer, nullable=False),
    Column("checked", BigInteger, nullable=False),
    Column("bad", BigInteger, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("entry_id", Sequence, ForeignKey("ledger.id")),
)

scrub_defects = Table(  # objects that were last read bad
    "scrub_defects",
    metadata,
    Column("vault", String(64), primary_key=True),
    Column("sha256", Sha256, primary_key=True),
    Column("code", String(64), nullable=False),
    Column("detail", Text, nullable=False),
    Column("found_at", Instant, nullable=False),
)
