"""Cases and what people state about them: persons concerned, documents, links, marks, interruptions, absences."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, String, Table, Text, UniqueConstraint

from catalog.tables.columns import Id, Instant, Sequence, metadata

cases = Table(
    "cases",
    metadata,
    Column("id", Id, primary_key=True),
    Column("agency_id", Id, ForeignKey("agencies.id"), nullable=False),
    Column("number", String(128), nullable=False),
    Column("title", Text, nullable=False),
    Column("stage", String(16), nullable=False),  # start | investigation | decision | service
    Column("opened_by", Id, ForeignKey("people.id"), nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("importance", String(16), nullable=False, server_default="ordinary"),  # ordinary | major
    UniqueConstraint("agency_id", "number"),
)

subjects = Table(  # 当事人 of a case
    "subjects",
    metadata,
    Column("id", Id, primary_key=True),
    Column("case_id", Id, ForeignKey("cases.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("kind", String(16), nullable=False),  # person | organisation
    Index(None, "case_id"),
)

documents = Table(  # the text record (文书) of a case; its bytes are an original like any other
    "documents",
    metadata,
    Column("id", Id, primary_key=True),
    Column("case_id", Id, ForeignKey("cases.id"), nullable=False),
    Column("original_id", Id, ForeignKey("originals.id"), nullable=False),
    Column("title", Text, nullable=False),
    Column("kind", String(32), nullable=False),
    Column("stage", String(16), nullable=False),
    Column("content_type", String(128), nullable=False),
    Column("filed_by", Id, ForeignKey("people.id"), nullable=False),
    Column("filed_at", Instant, nullable=False),
    Column("entry_id", Sequence, ForeignKey("ledger.id"), nullable=False),
    UniqueConstraint("case_id", "original_id"),
)

links = Table(
    "links",
    metadata,
    Column("id", Id, primary_key=True),
    Column("recording_id", Id, ForeignKey("recordings.id"), nullable=False),
    Column("case_id", Id, ForeignKey("cases.id"), nullable=False),
    Column("stage", String(16), nullable=False),
    Column("entry_id", Sequence, ForeignKey("ledger.id"), nullable=False),
    Column("linked_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("ended_entry_id", Sequence, ForeignKey("ledger.id")),
    Index(None, "case_id"),
    # One open link for a pair; an ended one stays for the record.
    Index("uq_links_open", "recording_id", "case_id", unique=True,
          sqlite_where=Column("ended_at").is_(None), postgresql_where=Column("ended_at").is_(None)),
)  # fmt: skip

marks = Table(
    "marks",
    metadata,
    Column("id", Id, primary_key=True),
    Column("recording_id", Id, ForeignKey("recordings.id"), nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("kind", String(32), nullable=False),  # 亮证, 告知, 签字, 抵达, 离开 …
    Column("note", Text),
    Column("source", String(16), nullable=False),  # person: what a camera marked is a derived fact
    Column("person_id", Id, ForeignKey("people.id")),
    Column("made_at", Instant, nullable=False),
    Column("entry_id", Sequence, ForeignKey("ledger.id"), nullable=False),
    Index(None, "recording_id"),
)

interruptions = Table(  # of a session in an interview or hearing room: in the recording, and in the 笔录
    "interruptions",
    metadata,
    Column("id", Id, primary_key=True),
    Column("agency_id", Id, ForeignKey("agencies.id"), nullable=False),
    Column("session", Text, nullable=False),  # as recordings declare it
    Column("reason", Text, nullable=False),
    Column("stopped_at", Instant, nullable=False),
    Column("restarted_at", Instant),  # None: it did not go on
    Column("document_id", Id, ForeignKey("documents.id")),  # the record that tells of it
    Column("made_by", Id, ForeignKey("people.id"), nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("entry_id", Sequence, ForeignKey("ledger.id"), nullable=False),
    Column("noted_entry_id", Sequence, ForeignKey("ledger.id")),
    Index(None, "agency_id", "session"),
)

absences = Table(  # why there is no footage of a duty: stated by one person, confirmed by another
    "absences",
    metadata,
    Column("id", Id, primary_key=True),
    Column("agency_id", Id, ForeignKey("agencies.id"), nullable=False),
    Column("case_id", Id, ForeignKey("cases.id")),
    Column("device", String(128)),
    Column("duty", Text, nullable=False),  # which duty
    Column("began_at", Instant, nullable=False),
    Column("ended_at", Instant, nullable=False),
    Column("reason", String(16), nullable=False),  # no-power | fault | not-switched-on | lost | other
    Column("note", Text, nullable=False),
    Column("stated_by", Id, ForeignKey("people.id"), nullable=False),
    Column("stated_at", Instant, nullable=False),
    Column("entry_id", Sequence, ForeignKey("ledger.id"), nullable=False),
    Column("decision", String(16)),  # confirmed | rejected
    Column("decided_by", Id, ForeignKey("people.id")),
    Column("decided_at", Instant),
    Column("decision_note", Text),
    Column("decision_entry_id", Sequence, ForeignKey("ledger.id")),
    Index(None, "agency_id", "stated_at"),
)
