"""Makes the seeds of the corpus from the zoo and by the formats' own writers: `python -m tests.fuzz.seeds`.

Only files named `seed-*` are made anew; others, inputs that once did harm, are left alone.
"""

import base64
import json
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import rfc3161ng
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from ingest.metadata import write_header
from integrity import der, seal_steps, staging
from integrity.canonical import Json, canonical
from integrity.custody import CustodyEntry
from integrity.digest import Digest
from integrity.oids import SHA256_OID
from integrity.renewal import Renewal
from integrity.statement import Filing, Statement
from integrity.submission import Submission
from integrity.tiles import Tile, encode_entries
from integrity.vault import VaultRef
from tests.fakes import certificates, ocsp
from tests.fakes.certificates import YEAR
from tests.fakes.signers import SIGNER, WITNESS
from tests.fuzz import scratch
from tests.fuzz.targets import CORPUS
from tests.fuzz.tokens import BODY
from tests.ingest import picturing, telling
from tests.integrity.zoo.exhibits import FOLDER, GOOD_BUNDLE, GOOD_SEAL
from tests.integrity.zoo.make import AT
from tests.integrity.zoo.tokens import Bench


def seeds() -> Iterator[tuple[str, bytes]]:
    """Target and input."""
    with zipfile.ZipFile(GOOD_SEAL) as archive:
        seal = {name.removeprefix("seal/"): archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(GOOD_BUNDLE) as archive:
        bundle = {name.partition("/")[2]: archive.read(name) for name in archive.namelist()}
    yield from _texts(seal, bundle)
    yield from _copies()
    yield from _tokens(seal)
    yield from _doors(seal, bundle)


def _texts(seal: dict[str, bytes], bundle: dict[str, bytes]) -> Iterator[tuple[str, bytes]]:
    yield "canonical", seal["manifest.json"]
    yield "canonical", canonical({"": [1, -1.5, 1e21, "é\u20ac\U0001f600\u0000", None, True, {"a": []}]})
    filing = Filing("01case", "笔录", "interview", "investigation", "text/plain")
    statement = Statement(agency="01agency", station="01station", kind="body-camera", name="a.mp4",
                          started_at=datetime(2024, 1, 1, tzinfo=UTC), clock_offset_ms=-1500)  # fmt: skip
    yield "statement", statement.encode()
    yield "statement", Statement(agency="01a", person="01p", kind="document", name="笔录.txt", filing=filing).encode()
    yield "manifest", seal["manifest.json"]
    for previous in (None, b"the one before"):
        renewal = Renewal.of(1, Digest.of(b""), [b"one", b"two"], [b"list"], previous)
        yield "renewal", renewal.encode()
    yield "trust", (FOLDER / "trust.json").read_bytes()
    yield "receipt", (FOLDER / "receipt" / "good.json").read_bytes()
    yield "custody", bundle["custody.jsonl"]
    yield "custody", CustodyEntry(bytes(32), seal["tlog-proof"]).encode()
    yield from _steps()
    for name in ("note", "checkpoint", "anchor"):
        yield name, seal["checkpoint"]
        yield name, seal["checkpoint"] + WITNESS.cosign("x\n", AT).line().encode()
    yield "anchor", (FOLDER / "receipt" / "good.json").read_bytes()
    yield "proof", seal["tlog-proof"]
    yield "submission", Submission(3, (bytes(32), b"\xff" * 32), seal["checkpoint"]).to_bytes()
    yield "vkey", SIGNER.vkey.encode()
    yield "vkey", WITNESS.key.vkey.encode()
    for tile in (Tile(0, 0), Tile(-1, 1234067), Tile(63, 999_000, 255)):
        yield "tile-path", tile.path.encode()
    yield "entries", b"\x02" + encode_entries([b"a" * 32, b"", b"b"])
    yield "hashes", bytes(32 * 4)
    yield "staging", staging.encode([(Tile(0, 0, 2), bytes(64)), (Tile(-1, 0, 1), encode_entries([b"x"]))])
    yield "digest", Digest.of(b"").hex.encode()


def _copies() -> Iterator[tuple[str, bytes]]:
    """Of the zoo's bundles with viewing copies and with what a station signed."""
    with zipfile.ZipFile(FOLDER / "bundle" / "good_with_viewing_copies.zip") as archive:
        for name in archive.namelist():
            kind = {"provenance.json": "provenance", "maker.json": "maker"}.get(
                name.rpartition("/")[2].partition(".")[2]
            )
            if kind is not None:
                yield kind, archive.read(name)
        yield "bag-info", archive.read("tiezheng-01grant/bag-info.txt")
    with zipfile.ZipFile(FOLDER / "bundle" / "good_with_a_signed_statement.zip") as archive:
        [name] = [name for name in archive.namelist() if name.endswith(".statement.json")]
        signed = Statement.parse(archive.read(name)).signed
        assert signed is not None
        yield "statement", archive.read(name)
        yield "declaration", signed.content


def _steps() -> Iterator[tuple[str, bytes]]:
    ref = VaultRef("files", Digest.of(b""), 0, "v1")
    folder = scratch.folder() / "steps"
    folder.mkdir(exist_ok=True)
    for name in (seal_steps.VAULT, seal_steps.LEAF):
        (folder / name).unlink(missing_ok=True)
    seal_steps.write_references(folder, ref, ref)
    seal_steps.write_leaf(folder, 7)
    yield from (("seal-steps", (folder / name).read_bytes()) for name in (seal_steps.VAULT, seal_steps.LEAF))
    token: dict[str, Json] = {
        "raw": base64.b64encode(b"token").decode(),
        "digest": Digest.of(b"").hex,
        "gen_time": "2024-03-04T08:30:00.000000Z",
        "authority": "embedded",
        "policy": "1.2.3",
        "qualified": False,
    }
    yield "seal-steps", canonical(token)


def _tokens(seal: dict[str, bytes]) -> Iterator[tuple[str, bytes]]:
    bench = Bench.make(BODY, AT)
    signer = bench.signer()
    forged = bench.forged(accuracy=der.sequence(der.integer(1)))
    for name in ("der", "response", "token"):
        yield name, forged
        yield name, seal["original.tsr"]
    yield "der", der.sequence(der.oid("2.25.76095581199704584001051803470209241916.1"), der.generalized_time(AT))
    yield "response", der.sequence(der.sequence(der.integer(2), der.sequence(der.utf8("no")), der.named_bits(25)))
    for name in ("certificate", "token-certificate"):
        yield name, certificates.encoded(signer)
    yield "certificate", certificates.encoded(bench.root)
    yield "certificate", x509.load_pem_x509_certificate(seal["authorities/embedded.pem"]).public_bytes(Encoding.DER)
    yield "certificates", bench.root.pem + signer.pem
    revoked = certificates.revocations(bench.root, {2: AT}, AT)
    yield "revocations", revoked.public_bytes(Encoding.DER)
    yield "revocations", revoked.public_bytes(Encoding.PEM)
    key = certificates.rsa_key("zoo-elsewhere-signer")
    delegate = ocsp.responder(bench.root, key=key, start=AT - YEAR, end=AT + YEAR)
    plain = ocsp.Response(bench.root, at=AT, due=AT + YEAR)
    yield "ocsp", plain.der()
    yield "ocsp", replace(plain, signer=delegate, certificates=ocsp.encoded(delegate), by_key=True).der()
    told = [ocsp.invalid_since(AT - YEAR)]
    yield "ocsp", replace(plain, status=ocsp.revoked(AT, 1), single=told, algorithm=SHA256_OID).der()
    yield "ocsp", ocsp.TRY_LATER
    for nonce in (None, 2**60):
        request = rfc3161ng.make_timestamp_request(digest=bytes(32), hashname="sha256", nonce=nonce,
                                                   include_tsa_certificate=True)  # fmt: skip
        yield "request", rfc3161ng.encode_timestamp_request(request)


def _doors(seal: dict[str, bytes], bundle: dict[str, bytes]) -> Iterator[tuple[str, bytes]]:
    yield "bag-list", bundle["manifest-sha256.txt"]
    yield "bag-list", bundle["tagmanifest-sha256.txt"]
    yield "bag-info", bundle["bag-info.txt"]
    yield "bag-info", bundle["bagit.txt"]
    yield "zip", GOOD_BUNDLE.read_bytes()
    yield from (("zip", (FOLDER / "zip" / f"{name}.zip").read_bytes()) for name in (
        "the_directory_claims_a_million_entries", "an_entry_has_a_second_name", "a_bomb_of_one_entry"))  # fmt: skip
    for number, path in enumerate(sorted(path for path in seal if path != "video.mp4")):
        yield "seal", bytes((number,)) + seal[path]
    yield "metadata", write_header({
        "filename": "询问 01.mp4", "filetype": "video/mp4", "sha256": "0" * 64, "kind": "body-camera",
        "device": "DSJ-7", "started_at": "2024-03-04T08:30:00+08:00", "clock_offset_ms": "-1500",
    }).encode()  # fmt: skip
    for text in ("bytes=0-99", "bytes=-5", "bytes=10-", 'bytes=1-2\n"x"\n*\nW/"y"'):
        yield "range", text.encode()
    yield "settings", 'agency_name = "某局"\nmax_upload_bytes = 1\nview_minutes = 10\n'.encode()
    clock = {"offset_ms": -1500, "uncertainty_ms": 20, "measured_at": "2024-03-04T08:30:00Z"}
    item = {"name": "DCIM/询问 01.mp4", "size": 4, "started_at": "2024-03-04T08:30:00+08:00", "ended_at": None,
            "sha256": "0" * 64}  # fmt: skip
    inventory = {"format": "tiezheng-inventory-v1", "device": "DSJ-7", "taken_at": "2024-03-04T08:30:00.5Z"}
    yield "inventory", json.dumps(inventory | {"clock": clock, "items": [item, item | {"sha256": None}]}).encode()
    yield "inventory", json.dumps(inventory | {"clock": None, "items": []}).encode()
    marked = telling.marked_movie(titles=(telling.title("亮证"),), chpl=((0, "x"),), hmmt=(5, 9))
    pressed = telling.marked_movie(gpmf=telling.highlights((5, b"MANL"), (9, b"AUTO")))
    novatek = telling.novatek_movie(telling.novatek(), telling.novatek(at=44))
    gopro = telling.gpmf() + telling.gps9() + telling.gpri()
    phone = telling.keyed({"location.ISO6709": "+39.9042+116.4074/", "creationdate": "2026-03-02T08:30:00+0800"})
    for file in (telling.movie(sample=gopro), phone, telling.jpeg(), telling.nmea(), telling.GPX, marked, pressed,
                 novatek, telling.novatek_movie(telling.novatek(form="d", at=32), listed=False)):  # fmt: skip
        yield "telemetry", file
    coded = [(b"configuration", b"coded")] * 2
    yield "telemetry", picturing.heif(coded, grid=(1, 2, 128, 64), exif=telling.jpeg()[12:-2])
    for form, at in (("f", 76), ("f", 44), ("d", 32)):
        yield "novatek", telling.novatek(form=form, at=at)
    yield "credentials", b'{"station": "01s", "name": "x", "token": "t", "server": "http://127.0.0.1:1"}'


def write() -> int:
    for old in CORPUS.glob("*/seed-*"):
        old.unlink()
    counts: dict[str, int] = {}
    for name, content in seeds():
        counts[name] = counts.get(name, 0) + 1
        (CORPUS / name).mkdir(parents=True, exist_ok=True)
        (CORPUS / name / f"seed-{counts[name]}").write_bytes(content)
    return sum(counts.values())


if __name__ == "__main__":
    print(f"{write()} seeds in {CORPUS}")
