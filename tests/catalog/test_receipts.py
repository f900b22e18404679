"""Receipts: the first that was stored is the one that is sent, and a pending token's receipt has one successor."""

from concurrent.futures import ThreadPoolExecutor

from catalog.recordings import Recordings
from integrity.seal_steps import KeptToken
from tests.catalog.seals import FOOTAGE, FakeSealer, upload_id
from tests.catalog.test_recordings import BODY, STATION, recordings, sealer
from tests.fakes.clocks import START

__all__ = ["recordings", "sealer"]
UPLOAD = upload_id(1)


def _catalogued(recordings: Recordings, sealer: FakeSealer) -> None:
    recordings.catalogue(sealer.seal(BODY, FOOTAGE), FOOTAGE, UPLOAD, START, STATION)


def test_a_receipt_is_kept_as_it_was_given(recordings: Recordings, sealer: FakeSealer) -> None:
    assert recordings.receipt(UPLOAD) is None
    _catalogued(recordings, sealer)
    assert recordings.receipt(UPLOAD) is None
    assert recordings.receipts_due() == [UPLOAD]
    assert recordings.store_receipt(UPLOAD, b"one", complete=True) == b"one"
    assert recordings.store_receipt(UPLOAD, b"two", complete=True) == b"one"
    assert recordings.store_receipt(UPLOAD, b"three", complete=False) == b"one"
    assert recordings.receipt(UPLOAD) == b"one"
    assert recordings.receipts_due() == []


def test_a_pending_tokens_receipt_is_followed_by_a_complete_one(recordings: Recordings, sealer: FakeSealer) -> None:
    sealer.authority.go_away()
    _catalogued(recordings, sealer)
    assert recordings.store_receipt(UPLOAD, b"pending", complete=False) == b"pending"
    assert recordings.store_receipt(UPLOAD, b"other", complete=False) == b"pending"
    assert recordings.receipt(UPLOAD) == b"pending"
    assert recordings.receipts_due() == []
    sealer.authority.come_back()
    for waiting in recordings.pending_tokens():
        assert recordings.receipts_due() == []
        recordings.add_token(waiting.id, KeptToken.of(sealer.authority.stamp(waiting.digest)))
    assert recordings.receipts_due() == [UPLOAD]
    assert recordings.store_receipt(UPLOAD, b"complete", complete=True) == b"complete"
    assert recordings.receipt(UPLOAD) == b"complete"
    assert recordings.receipts_due() == []


def test_a_race_gives_everybody_the_same_receipt(recordings: Recordings, sealer: FakeSealer) -> None:
    _catalogued(recordings, sealer)
    with ThreadPoolExecutor(8) as pool:
        given = set(pool.map(lambda n: recordings.store_receipt(UPLOAD, b"%d" % n, complete=True), range(16)))
    assert given == {recordings.receipt(UPLOAD)}


def test_what_is_no_evidence_gets_no_receipt(recordings: Recordings) -> None:
    recordings.terminated(UPLOAD, FOOTAGE, 3, START, STATION)
    assert recordings.receipts_due() == []
