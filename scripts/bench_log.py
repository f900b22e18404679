"""The log's figures: leaves a second appended in fsynced batches, and a proof from a log of many leaves."""

import random
import time
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from integrity import checkpoint, durable
from integrity.checkpoint import Checkpoint
from integrity.heads import FileHeads
from integrity.log import Log
from integrity.note import Signer
from integrity.tiles import ENTRIES, WIDTH, Tile, encode_entries
from integrity.tlog_proof import TlogProof
from integrity.tree import Files, RightEdge
from scripts.bench_measure import Spread, cpu_seconds, in_turns, ratios, wall_seconds

_CHUNK = 1 << 16


def signer() -> Signer:
    return Signer("tiezheng.example/bench", Ed25519PrivateKey.generate())


def entry(number: int) -> bytes:
    return number.to_bytes(32)


def bench_append(folder: Path, leaves: int, batch: int, runs: int) -> dict[str, object]:
    """Every batch is under a durable head when it returns. The floor fsyncs the same bytes, a file a batch."""
    log = Log.create(folder / "log", signer(), FileHeads(folder / "log" / "head"))
    batches = max(1, leaves // batch)

    def append() -> None:
        for number in range(batches):
            with log.exclusive():
                log.append([entry(number * batch + place) for place in range(batch)])

    def write() -> None:
        for number in range(batches):
            with (folder / "floor").open("ab") as file:
                file.write(b"".join(entry(number * batch + place) for place in range(batch)))
                file.flush()
                durable.sync_file(file.fileno())

    cpu: list[float] = []
    ours, floor = in_turns(
        runs, lambda: wall_seconds(lambda: cpu.append(cpu_seconds(append))), lambda: wall_seconds(write)
    )
    each = batches * batch
    return {
        "leaves": each, "batch": batch, "runs": runs,
        "leaves_per_s": ours.rate(each), "leaves_per_cpu_s": Spread(tuple(cpu)).rate(each),
        "floor_leaves_per_s": floor.rate(each),
        "floor_ratio": ratios(ours, floor).json(),
    }  # fmt: skip


def bench_proofs(folder: Path, leaves: int, proofs: int) -> dict[str, object]:
    """Proofs of leaves anywhere in the log, each by an object that has read nothing yet; made and checked."""
    key = signer()
    begun = time.monotonic()
    build(folder / "large", key, leaves)
    built = time.monotonic() - begun
    dice = random.Random(leaves)  # noqa: S311 - to be repeated, not to be secret
    walls, cpu, sizes = list[float](), list[float](), list[int]()
    for _ in range(proofs):
        index = dice.randrange(leaves)
        log = Log.open(folder / "large", key.verifier, FileHeads(folder / "large" / "head"))
        begun, used = time.perf_counter(), time.process_time()
        proof = log.tlog_proof(index)
        cpu.append(1000 * (time.process_time() - used))
        walls.append(1000 * (time.perf_counter() - begun))
        sizes.append(len(proof))
        TlogProof.from_bytes(proof).verify(entry(index), [key.verifier], key.name)
    return {
        "leaves": leaves, "proofs": proofs, "built_in_s": round(built, 1), "ms": Spread(tuple(walls)).json(),
        "cpu_ms": Spread(tuple(cpu)).json(), "p95_ms": round(sorted(walls)[int(0.95 * (len(walls) - 1))], 3),
        "bytes": max(sizes),
    }  # fmt: skip


def build(folder: Path, key: Signer, leaves: int) -> None:
    """A log as if it had grown batch by batch, but without an fsync: for reading from, and for nothing else."""
    edge = RightEdge()
    for start in range(0, leaves, _CHUNK):
        edge, files = edge.grow([entry(number) for number in range(start, min(start + _CHUNK, leaves))])
        _write(folder, [(tile, content) for tile, content in files if tile.full])
    _write(folder, _partial(edge))
    note = checkpoint.sign(Checkpoint(key.name, edge.size, edge.root()), [key]).note
    for name in ("head", "checkpoint"):
        (folder / name).write_bytes(note)


def _partial(edge: RightEdge) -> Files:
    """The tiles that are not full yet, as they are at the end."""
    tiles = [(Tile(ENTRIES, edge.size // WIDTH, len(edge.entries)), encode_entries(edge.entries))]
    for level, hashes in enumerate(edge.levels):
        tiles.append((Tile(level, edge.size >> 8 * (level + 1), len(hashes)), b"".join(hashes)))
    return [(tile, content) for tile, content in tiles if content]


def _write(folder: Path, files: Files) -> None:
    for tile, content in files:
        path = folder / tile.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
