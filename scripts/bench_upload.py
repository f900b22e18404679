"""`tiezheng bench upload`: what receiving costs until the receipt, beside a peer that only stores, and the floor."""

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

import click

from integrity.clock import system_random
from player.language import gettext as _
from scripts.bench_bodies import BLOCK, Body
from scripts.bench_measure import GB, Spread, machine, ratios, tell, workplace
from scripts.bench_peers import Cost, Floor, Peer, Tiezheng, TusNodeServer

OURS = "tiezheng"
PEERS: Mapping[str, Callable[[], Peer]] = {
    OURS: lambda: Tiezheng(direct=64),
    "tiezheng-asgi": lambda: Tiezheng(direct=0),
    "tus-node-server": TusNodeServer,
    "floor": Floor,
}
_METHOD = (
    "random bytes over loopback, by tus, one request a file, after a first that does not count; in turns, the "
    "same bytes for each; CPU-seconds of the processes that receive, as the kernel counts them, the client's left "
    "out. tiezheng: serve and its authority from creation to receipt, the bytes read back from the disk before "
    "it, preparation held; tiezheng-asgi: the same without the direct way; tus-node-server: @tus/server with its "
    "file-store, which does not sync, then openssl dgst -sha256 of each file; floor: receive, hash, O_DIRECT and "
    "fsync, no protocol. rss_mb: RssAnon and RssShmem in MiB at the most. A ratio is theirs by ours"
)


@click.command(name="upload")
@click.option("--only", multiple=True, type=click.Choice(list(PEERS)), help=_("only this; may be repeated"))
@click.option("--runs", type=click.IntRange(min=1), default=5, show_default=True, help=_("rounds of each measure"))
@click.option("--bytes", "size", type=click.IntRange(min=1), default=1 << 30, show_default=True,
              help=_("size of each file"))  # fmt: skip
@click.option("--parallel", type=click.IntRange(min=1, max=256), default=1, show_default=True,
              help=_("files that are sent at the same time"))  # fmt: skip
@click.option("--folder", type=click.Path(path_type=Path, file_okay=False, exists=True), default=None,
              help=_("where to work; default: the temporary folder of the system"))  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help=_("one JSON object"))
def command(only: tuple[str, ...], runs: int, size: int, parallel: int, folder: Path | None, as_json: bool) -> None:
    """Uploads up to the receipt, beside @tus/server with openssl (fetched by npm, for the measure only) and a floor."""
    names = [name for name in PEERS if not only or name in only]
    with workplace(folder) as place:
        results = _results(_costs(place, names, runs, size, parallel), size, parallel)
    if as_json:
        told = {"machine": machine(), "method": _METHOD, "results": results}
        click.echo(json.dumps(told, ensure_ascii=False))
        return
    for name, result in results.items():
        tell(name, result)


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
            "rss_mb": Spread(tuple(cost.rss_mib for cost in mine)).json(),
        }
        if name != OURS and OURS in cpu and min(cpu[OURS].values) > 0:
            results[name]["ratio"] = ratios(cpu[OURS], cpu[name]).json()
    return results
