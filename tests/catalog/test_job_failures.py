"""What is noted of jobs that fail: each once, with the last reason, until it succeeds."""

from datetime import timedelta

from catalog.database import Database
from catalog.job_failures import LONGEST, JobFailure, JobFailures
from tests.fakes.clocks import START, FakeClock


def test_a_failing_job_is_noted_until_it_succeeds(database: Database) -> None:
    clock = FakeClock()
    failures = JobFailures(database, clock)
    failures.succeeded("copy", "replica")
    assert failures.list() == []
    failures.failed("copy", "replica", "vault-unavailable: no route")
    clock.advance(60)
    failures.failed("copy", "replica", "vault-unavailable: refused\0" + "x" * LONGEST)
    failures.failed("bundle", "grant", "file-error: no space")
    later = START + timedelta(seconds=60)
    reason = ("vault-unavailable: refused\N{REPLACEMENT CHARACTER}" + "x" * LONGEST)[:LONGEST]
    assert failures.list() == [
        JobFailure("copy", "replica", 2, reason, START, later),
        JobFailure("bundle", "grant", 1, "file-error: no space", later, later),
    ]
    failures.succeeded("copy", "replica")
    assert [failure.kind for failure in failures.list()] == ["bundle"]
