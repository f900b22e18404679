"""A put into a vault on a real S3 with each of its requests failing both ways: lost, and done without an answer.

Then the state is proved whole: the very same call again ends in one version of the right bytes, locked, and nothing
else lies there. That one version is the proof that nothing was sent a second time blindly.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from integrity.clock import SystemClock
from integrity.digest import Digest
from integrity.errors import VaultUnavailable
from integrity.s3 import Bucket, Credentials, Place
from integrity.vault import VaultRef
from integrity.vault_s3 import S3Vault, Terms
from tests.contracts.s3 import *  # noqa: F403  fixtures are found by name
from tests.fakes.s3_front import Front, standing_before
from tests.servers.seaweed import Seaweed, secret_of

PART = 5 * 1024 * 1024
BODIES = [b"evidence" * 1000, b"evidence" * (PART // 8) + b"the end"]


@pytest.fixture
def front(seaweed: Seaweed) -> Iterator[Front]:
    with standing_before(seaweed) as made:
        yield made


def vault_at(front: Front, place: Place, scratch: Path) -> tuple[S3Vault, Bucket]:
    bucket = Bucket(replace(place, endpoint=front.url), Credentials("ingest", secret_of("ingest")))
    return S3Vault(bucket, SystemClock(), Terms(timedelta(days=1), PART), scratch), bucket


def requests_of(vault: S3Vault, front: Front, source: Path, digest: Digest) -> list[str]:
    """What an undisturbed put asks for."""
    with front.failing(0, False) as made:
        vault.put_once(source, digest)
    return list(made)


def whole(vault: S3Vault, bucket: Bucket, ref: VaultRef, body: bytes) -> None:
    """One version of the right bytes, locked, and no more."""
    assert [one.version for one in bucket.listed(bucket.place.prefix)] == [ref.version]
    assert list(vault.digests()) == [ref.digest]
    with vault.open(ref) as file:
        assert file.read() == body
    assert vault.locked(ref).mode == "COMPLIANCE"


@pytest.mark.parametrize("after", [False, True], ids=["lost", "done-but-not-answered"])
@pytest.mark.parametrize("body", BODIES, ids=["whole", "parts"])
def test_a_request_without_an_answer(front: Front, s3_place: Place, tmp_path: Path, body: bytes, after: bool) -> None:
    source, digest = tmp_path / "upload", Digest.of(body)
    source.write_bytes(body)
    vault, counted = vault_at(front, replace(s3_place, prefix=f"{s3_place.prefix}counted/"), tmp_path)
    made = requests_of(vault, front, source, digest)
    counted.close()
    assert "PUT object" in made or "POST uploads" in made
    for number, request in enumerate(made, 1):
        vault, bucket = vault_at(front, replace(s3_place, prefix=f"{s3_place.prefix}{number}/"), tmp_path)
        with front.failing(number, after):
            try:
                ref = vault.put_once(source, digest)
            except VaultUnavailable:
                pass
            else:
                assert after, f"{request} was lost, and nobody said so"
        ref = vault.put_once(source, digest)
        whole(vault, bucket, ref, body)
        assert source.read_bytes() == body
        bucket.close()


def test_a_store_that_is_away_is_unavailable_and_nothing_is_lost(front: Front, s3_place: Place, tmp_path: Path) -> None:
    body, source = BODIES[0], tmp_path / "upload"
    source.write_bytes(body)
    vault, bucket = vault_at(front, s3_place, tmp_path)
    front.gone = True
    for attempt in (lambda: vault.put_once(source, Digest.of(body)), lambda: list(vault.digests()), vault.protection):
        with pytest.raises(VaultUnavailable):
            attempt()
    assert source.read_bytes() == body
    front.gone = False
    whole(vault, bucket, vault.put_once(source, Digest.of(body)), body)
    bucket.close()
