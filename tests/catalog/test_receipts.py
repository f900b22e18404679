"""Receipts: the first that was stored is the one that is sent, and a pending token's receipt has one successor."""

from concurrent.futures import ThreadPoolExecutor

from catalog.recordings import Recordings
from catalog.tables import agencies
from integrity.digest import Digest
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


def test_copies_are_counted_for_each_upload_by_itself(recordings: Recordings, sealer: FakeSealer) -> None:
    """Two incomplete receipts, and the copy of one is there: it alone has a successor."""
    other = upload_id(2)
    _catalogued(recordings, sealer)
    recordings.catalogue(sealer.seal(b"another", FOOTAGE), FOOTAGE, other, START, STATION)
    with recordings._database.write() as connection:
        connection.execute(agencies.update().values(copies_wanted=2))
    for upload in (UPLOAD, other):
        recordings.store_receipt(upload, b"wait", complete=False)
    assert recordings.receipts_due() == []
    for one in recordings.uncopied("replica"):
        if one.digest in (Digest.of(BODY), Digest.of(b"another")):
            assert (recordings.lacks("replica", one.digest), recordings.lacks("files", one.digest)) == (True, False)
            recordings.copied("replica", one, None, "readback")
            break
    due = recordings.receipts_due()
    assert due in ([UPLOAD], [other])
    assert not recordings.lacks("replica", one.digest)
