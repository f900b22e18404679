"""`tiezheng bench integrity` in small sizes: each measure is there, with its peer; no figure is judged."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from integrity.heads import FileHeads
from integrity.log import Log
from integrity.note import Signer
from scripts.bench import command
from scripts.bench_integrity import RESULTS
from scripts.bench_log import build, entry
from scripts.bench_measure import Spread, in_turns, machine, ratios, zeros

SMALL = ["--runs", "2", "--bytes", "100000", "--leaves", "60", "--batch", "20", "--log-leaves", "300", "--files", "2"]
SPREADS = {
    "verify": {"cpu_s", "openssl_cpu_s", "ratio"},
    "append": {"leaves_per_s", "leaves_per_cpu_s", "floor_leaves_per_s", "floor_ratio"},
    "prove": {"ms", "cpu_ms"},
    "seal": {"seals_per_s", "seals_per_cpu_s", "floor_seals_per_cpu_s", "floor_ratio"},
    "sm3": {"cpu_s_per_gb", "sha256_cpu_s_per_gb", "openssl_cpu_s_per_gb", "ratio"},
}


def run(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(command, ["integrity", "--folder", str(folder), *arguments], catch_exceptions=False)


def test_every_measure_as_json(tmp_path: Path) -> None:
    told = json.loads(run(tmp_path, *SMALL, "--json").stdout)
    assert set(told) == {"machine", "method", "results"}
    assert list(told["results"]) == list(RESULTS) == list(SPREADS)
    for name, result in told["results"].items():
        spreads = {key: value for key, value in result.items() if isinstance(value, dict)}
        assert set(spreads) == SPREADS[name]
        for spread in spreads.values():
            assert 0 < spread["min"] <= spread["median"] <= spread["max"]
    assert told["results"]["prove"]["leaves"] == 300
    assert list(tmp_path.iterdir()) == [], "it leaves nothing behind"


def test_one_measure_for_people(tmp_path: Path) -> None:
    told = run(tmp_path, *SMALL, "--only", "sm3").stdout
    assert told.startswith("sm3\n")
    assert "openssl_cpu_s_per_gb" in told
    assert "verify" not in told


@pytest.mark.parametrize("leaves", [1, 256, 300, 65_536, 65_600])
def test_the_large_log_is_a_log(tmp_path: Path, leaves: int) -> None:
    key = Signer("tiezheng.example/bench", Ed25519PrivateKey.from_private_bytes(bytes(32)))
    build(tmp_path, key, leaves)
    log = Log.open(tmp_path, key, FileHeads(tmp_path / "head"))
    assert list(log.check()) == []
    assert list(log.entries(leaves - 1, leaves)) == [entry(leaves - 1)]
    with log.exclusive():
        assert log.append([bytes(32)]) == range(leaves, leaves + 1)


def test_measures_take_turns() -> None:
    calls: list[str] = []

    def measure(name: str, value: float) -> float:
        calls.append(name)
        return value

    ours, theirs = in_turns(3, lambda: measure("ours", 2.0), lambda: measure("theirs", 3.0))
    assert calls == ["ours", "theirs"] * 3
    assert ratios(ours, theirs).json() == {"median": 1.5, "min": 1.5, "max": 1.5}
    assert Spread((1.0, 2.0, 4.0)).rate(4) == {"median": 2.0, "min": 1.0, "max": 4.0}


@pytest.mark.parametrize("size", [1, 1 << 20, (1 << 20) + 5])
def test_a_file_of_zeros(tmp_path: Path, size: int) -> None:
    assert zeros(tmp_path / "file", size).stat().st_size == size


def test_it_says_what_machine_it_was() -> None:
    assert set(machine()) == {"processor", "cores", "system", "python", "openssl"}
    assert all(machine().values())
