"""`tiezheng bench upload`: what receiving costs until the receipt, beside a peer that only stores, and the floor."""

import shutil
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

import click

from integrity.clock import system_random
from player.language import gettext as _
from scripts.bench_bodies import BLOCK, Body
from scripts.bench_measure import GB, Spread, conclude, ratios, tell, workplace
from scripts.bench_peers import Cost, Floor, Peer, Tiezheng, TusNodeServer

OURS = "tiezheng"
SERVICES = (OURS, "tiezheng-asgi")
"""Who keeps what it receives: sealed files stay until the measure ends."""
PEERS: Mapping[str, Callable[[], Peer]] = {
    OURS: lambda: Tiezheng(direct=64),
    "tiezheng-asgi": lambda: Tiezheng(direct=0),
    "tus-node-server": TusNodeServer,
    "floor": Floor,
}
SPARE = 500_000_000
"""Bytes of the disk that are left to everything else."""
_METHOD = (
    "random bytes over loopback, by tus, one request a file, after a first that does not count; in turns, the "
    "same bytes for each; CPU-seconds of the processes that receive, as the kernel counts them, the client's left "
    "out. tiezheng: serve and its authority from creation to receipt, the bytes read back from the disk before "
    "it, preparation held; tiezheng-asgi: the same without the direct way; tus-node-server: @tus/server with its "
    "file-store, which does not sync, then openssl dgst -sha256 of each file; floor: receive, hash, O_DIRECT and "
    "fsync, no protocol. rss_mb: RssAnon and RssShmem at the most, in MB of 10^6 bytes. A ratio is theirs by ours"
)


@click.command(name="upload")
@click.option("--only", multiple=True, type=click.Choice(list(PEERS)), help=_("only this; may be repeated"))
@click.option("--runs", type=click.IntRange(min=1), default=5, show_default=True, help=_("rounds of each measure"))
@click.option("--bytes", "size", type=click.IntRange(min=1), default=1 << 30, show_default=True,
              help=_("size of each file"))  # fmt: skip
@click.option("--parallel", type=click.IntRange(min=1, max=256), default=1, show_default=True,
              help=_("files that are sent at the same time"))  # fmt: skip
@click.option("--rss-limit", type=click.IntRange(min=1), default=None,
              help=_("fail where the service held more memory than so many MB"))  # fmt: skip
@click.option("--folder", type=click.Path(path_type=Path, file_okay=False, exists=True), default=None,
              help=_("where to work; default: the temporary folder of the system"))  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help=_("one JSON object"))
def command(
    only: tuple[str, ...], runs: int, size: int, parallel: int, rss_limit: int | None, folder: Path | None,
    as_json: bool,
) -> None:  # fmt: skip
    """Uploads up to the receipt, beside @tus/server with openssl (fetched by npm, for the measure only) and a floor."""
    names = [name for name in PEERS if not only or name in only]
    with workplace(folder) as place:
        parallel = fitting(place, names, runs, size, parallel)
        costs = _costs(place, names, runs, size, parallel)
    results = _results(costs, size, parallel)
    for name, result in results.items() if not as_json else ():
        tell(name, result)
    conclude(results, _METHOD, as_json)
    if rss_limit is not None:
        require_memory(costs, rss_limit)


def fitting(place: Path, names: Sequence[str], runs: int, size: int, parallel: int) -> int:
    """As many files at once as were asked for, or as the disk has room for, and then it says so."""
    kept = runs * len([name for name in names if name in SERVICES])
    passing = len(names) > len([name for name in names if name in SERVICES])  # one of them at a time, and then gone
    most = (shutil.disk_usage(place).free - SPARE) // (size * (kept + passing))
    if most < 1:
        raise click.ClickException("the disk has no room for this: smaller files by --bytes, or another --folder")
    if most < parallel:
        click.echo(f"only {most} files at the same time: the disk has no room for {parallel}", err=True)
    return min(most, parallel)


def require_memory(costs: Mapping[str, Sequence[Cost]], limit_mb: float) -> None:
    """ClickException where a service held more than so many MB in any run."""
    for name in SERVICES:
        most = max((cost.rss_mb for cost in costs.get(name, ())), default=0.0)
        if most > limit_mb:
            raise click.ClickException(f"{name} held {most:.0f} MB of memory, more than {limit_mb:g}")


def _costs(place: Path, names: Sequence[str], runs: int, size: int, parallel: int) -> dict[str, list[Cost]]:
    """All of them up at the same time, asked in turns."""
    block = system_random(BLOCK)
    costs: dict[str, list[Cost]] = {name: [] for name in names}
    with ExitStack() as stack:
        peers: dict[str, Peer] = {}
        for name in names:
            (place / name).mkdir()
            peers[name] = PEERS[name]()
            peers[name].start(place / name)
            stack.callback(peers[name].stop)
            peers[name].receive([Body.of(block, BLOCK)])  # what only a first upload does is not measured
        for _run in range(runs):
            bodies = [Body.of(block, size) for _ in range(parallel)]
            for name, peer in peers.items():
                costs[name].append(peer.receive(bodies))
    return costs


def _results(costs: Mapping[str, list[Cost]], size: int, parallel: int) -> dict[str, dict[str, object]]:
    total = size * parallel
    cpu = {name: Spread(tuple(cost.cpu_s * GB / total for cost in mine)) for name, mine in costs.items()}
    results: dict[str, dict[str, object]] = {}
    for name, mine in costs.items():
        results[name] = {
            "bytes": size,
            "parallel": parallel,
            "runs": len(mine),
            "cpu_s_per_gb": cpu[name].json(),
            "mb_per_s": Spread(tuple(total / 1_000_000 / cost.wall_s for cost in mine)).json(),
            "rss_mb": Spread(tuple(cost.rss_mb for cost in mine)).json(),
        }
        if name != OURS and OURS in cpu and min(cpu[OURS].values) > 0:
            results[name]["ratio"] = ratios(cpu[OURS], cpu[name]).json()
    return results
