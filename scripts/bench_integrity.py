"""`tiezheng bench integrity`: verifying, sealing, the log and SM3, each beside openssl or what the disk allows."""

from collections.abc import Callable, Iterator
from pathlib import Path

import click

from integrity import der
from integrity.authority import make_authority
from integrity.certificates import read_certificates
from integrity.clock import SystemClock, system_random
from integrity.digest import Digest
from integrity.heads import FileHeads
from integrity.log import Log
from integrity.oids import SHA256_OID
from integrity.proof_files import OriginalProofs, authority_files, seal_files
from integrity.seal import ReceivedFile, Seal, Sealer
from integrity.sm3 import Sm3
from integrity.statement import Statement
from integrity.timestamp import HttpAuthority
from integrity.trust import Trust, TrustedAuthority
from integrity.verify import verify_file
from player.language import gettext as _
from scripts.assemble_vaults import open_vaults
from scripts.bench_log import bench_append, bench_proofs, signer
from scripts.bench_measure import (
    GB,
    Spread,
    child_cpu_seconds,
    conclude,
    cpu_seconds,
    in_turns,
    ratios,
    tell,
    wall_seconds,
    workplace,
    zeros,
)
from scripts.settings import Settings

RESULTS = ("verify", "append", "prove", "seal", "sm3")
_METHOD = (
    "CPU-seconds of this process, of a child for openssl; ours and theirs in turns, once a run; "
    "a ratio is theirs by ours, so above 1 they need more"
)


@click.command(name="integrity")
@click.option("--only", multiple=True, type=click.Choice(RESULTS), help=_("only this; may be repeated"))
@click.option("--runs", type=click.IntRange(min=1), default=5, show_default=True, help=_("rounds of each measure"))
@click.option("--bytes", "size", type=click.IntRange(min=1), default=2 << 30, show_default=True,
              help=_("size of the file that is hashed"))  # fmt: skip
@click.option("--leaves", type=click.IntRange(min=1), default=50_000, show_default=True, help=_("leaves appended"))
@click.option("--batch", type=click.IntRange(min=1), default=1000, show_default=True, help=_("leaves under one head"))
@click.option("--log-leaves", type=click.IntRange(min=1), default=10_000_000, show_default=True,
              help=_("leaves of the log that proofs come from"))  # fmt: skip
@click.option("--files", type=click.IntRange(min=1), default=100, show_default=True, help=_("files of 1 KiB sealed"))
@click.option("--folder", type=click.Path(path_type=Path, file_okay=False, exists=True), default=None,
              help=_("where to work; default: the temporary folder of the system"))  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help=_("one JSON object"))
def command(
    only: tuple[str, ...], runs: int, size: int, leaves: int, batch: int, log_leaves: int, files: int,
    folder: Path | None, as_json: bool,
) -> None:  # fmt: skip
    """Verify against `openssl dgst`, leaves and proofs of the log, seals with the embedded authority, and SM3."""
    measures: dict[str, Callable[[Path], dict[str, object]]] = {
        "verify": lambda place: bench_verify(place, size, runs),
        "append": lambda place: bench_append(place, leaves, batch, runs),
        "prove": lambda place: bench_proofs(place, log_leaves, 200),
        "seal": lambda place: bench_seals(place, files, runs),
        "sm3": lambda place: bench_sm3(place, size, runs),
    }
    results: dict[str, dict[str, object]] = {}
    for name in [name for name in RESULTS if not only or name in only]:
        with workplace(folder) as place:
            results[name] = measures[name](place)
        if not as_json:
            tell(name, results[name])
    conclude(results, _METHOD, as_json)


def bench_verify(place: Path, size: int, runs: int) -> dict[str, object]:
    """`tiezheng verify FILE --seal SEAL --trust trust.json`, all its steps, beside openssl's hash of the same file."""
    house = _House(place)
    file = zeros(place / "file", size)
    trust, seal_folder = house.trust, house.seal_folder(file)

    def verify() -> None:
        verdict = verify_file(file, seal_folder, trust)
        if not verdict.ok:
            raise click.ClickException(str(verdict.findings))

    verify()  # now the file is in the cache, for both
    ours, theirs = in_turns(
        runs, lambda: cpu_seconds(verify), lambda: child_cpu_seconds(["openssl", "dgst", "-sha256", file])
    )
    return {
        "bytes": size, "runs": runs, "cpu_s": ours.json(), "openssl_cpu_s": theirs.json(),
        "ratio": ratios(ours, theirs).json(),
    }  # fmt: skip


def bench_sm3(place: Path, size: int, runs: int) -> dict[str, object]:
    """The second digest, beside openssl's and beside SHA-256 of the same bytes."""
    file = zeros(place / "file", size)

    def chunks() -> Iterator[bytes]:
        with file.open("rb", buffering=0) as reader:
            while chunk := reader.read(1 << 16):
                yield chunk

    Digest.of_file(file)
    sm3, sha256, openssl = in_turns(
        runs,
        lambda: cpu_seconds(lambda: Sm3.of_chunks(chunks())),
        lambda: cpu_seconds(lambda: Digest.of_file(file)),
        lambda: child_cpu_seconds(["openssl", "dgst", "-sm3", file]),
    )
    by_gb = {"cpu_s_per_gb": sm3, "sha256_cpu_s_per_gb": sha256, "openssl_cpu_s_per_gb": openssl}
    per_gb = {
        name: Spread(tuple(value * GB / size for value in spread.values)).json() for name, spread in by_gb.items()
    }
    return {"bytes": size, "runs": runs, **per_gb, "ratio": ratios(sm3, openssl).json()}


def bench_seals(place: Path, files: int, runs: int) -> dict[str, object]:
    """Files of 1 KiB: manifest, vault, two tokens of the embedded authority (in this process), one leaf, all fsynced.

    The floor is what the authority itself needs for two tokens.
    """
    house = _House(place)
    cpu: list[float] = []

    def seal() -> None:
        for _number in range(files):
            house.seal(system_random(1024))

    def answer() -> None:
        for _number in range(2 * files):
            house.answer()

    walls, floor = in_turns(
        runs, lambda: wall_seconds(lambda: cpu.append(cpu_seconds(seal))), lambda: cpu_seconds(answer)
    )
    ours = Spread(tuple(cpu))
    return {
        "files": files, "runs": runs, "seals_per_s": walls.rate(files), "seals_per_cpu_s": ours.rate(files),
        "floor_seals_per_cpu_s": floor.rate(files), "floor_ratio": ratios(ours, floor).json(),
    }  # fmt: skip


class _House:
    """A vault, a log, an authority and their keys, as a new installation has them, without its catalogue."""

    def __init__(self, place: Path) -> None:
        clock, key = SystemClock(), signer()
        self._place = place
        self._embedded = make_authority(place / "authority", clock, system_random)
        roots = read_certificates(self._embedded.root_pem)
        authority = HttpAuthority("embedded", self._embedded.respond, roots, clock, system_random)
        self._log = Log.create(place / "log", key, FileHeads(place / "log" / "head"))
        vault = open_vaults(place, Settings(), clock, system_random).vault
        self._sealer = Sealer(vault, [authority], self, clock, system_random)
        self.trust = Trust(
            logs=(key.verifier,), authorities=(TrustedAuthority("embedded", self._embedded.root_pem, False),)
        )

    def append(self, commitment: bytes) -> int:
        """A `LeafAppender`: one leaf, one head."""
        with self._log.exclusive():
            return self._log.append([commitment])[0]

    def seal(self, body: bytes) -> Seal:
        upload = system_random(8).hex()
        folder = self._place / "spool" / upload
        folder.mkdir(parents=True)
        (folder / "content").write_bytes(body)
        return self._seal(upload, folder, Digest.of(body), len(body))

    def _seal(self, upload: str, folder: Path, digest: Digest, size: int) -> Seal:
        received = ReceivedFile(upload, folder / "content", digest, size)
        self._sealer.fix(folder, received, Statement(agency="bench", station="bench", kind="other", name="bench"))
        return self._sealer.seal(folder, received)

    def answer(self) -> None:
        """One token, as the authority makes it."""
        self._embedded.respond(_REQUEST)

    def seal_folder(self, file: Path) -> Path:
        """The seal of a file that stays where it is."""
        folder = self._place / "spool" / "large"
        folder.mkdir(parents=True)
        (folder / "content").hardlink_to(file)
        seal = self._seal("large", folder, Digest.of_file(file), file.stat().st_size)
        tokens = [(token.over, token.token.raw) for token in seal.tokens if token.token]
        proofs = OriginalProofs(seal.manifest_bytes, tokens, self._log.tlog_proof(seal.leaf_index))
        roots = authority_files({"embedded": self._embedded.root_pem})
        for name, content in seal_files(proofs.files(), self._log.head().note, roots).items():
            path = self._place / "seal" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        return self._place / "seal"


_REQUEST = der.sequence(
    der.integer(1), der.sequence(der.sequence(der.oid(SHA256_OID), der.NOTHING), der.octets(bytes(32))),
    der.integer(1), der.element(der.BOOLEAN, b"\xff"),
)  # fmt: skip
