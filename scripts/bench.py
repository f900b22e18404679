"""`tiezheng bench`: what this machine needs for the work that counts, beside a peer or a floor in the same run.

Wall times of a shared machine say little, CPU-seconds and ratios a lot: so every figure is told with what it is held
against, the two measured in turns, as median, minimum and maximum over the runs. Judges nothing but what it is given a
limit for.
"""

import click

from scripts.bench_integrity import command as integrity
from scripts.bench_prepare import command as prepare
from scripts.bench_upload import command as upload


@click.group(name="bench")
def command() -> None:
    """Measure this machine; every measure has its peer or floor in the same run."""


command.add_command(integrity)
command.add_command(prepare)
command.add_command(upload)
