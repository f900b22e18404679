"""`tiezheng audit`: does the whole house agree with itself, and with what others remember of it?

Prints every finding; exit status 0 only when there is none. Runs beside a live `serve` and changes nothing. A broken
log, trust file or schema does not stop it: those are what it is there to name.
"""

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

import click

from catalog.database import Database
from integrity.anchor import Anchor
from integrity.clock import SystemClock, system_random
from integrity.errors import InvalidTrust, WitnessUnavailable
from integrity.finding import Finding
from integrity.trust import Trust, read_trust
from player.language import gettext as _
from player.language import ngettext
from scripts import founding
from scripts.assemble_renditions import open_renditions
from scripts.assemble_tiles import open_places
from scripts.assemble_vaults import open_vaults
from scripts.audit_bars import bars
from scripts.audit_run import Audit, Parts, Report
from scripts.audit_words import meaning, of_count
from scripts.known import NothingKnown, read_anchors
from scripts.log_records import read_records
from scripts.logs import read_chain
from scripts.settings import load
from scripts.witness_client import HttpWitness

_FOLDER = click.Path(path_type=Path, file_okay=False, exists=True)
_FILE = click.Path(path_type=Path, dir_okay=False, exists=True)


@click.command(name="audit")
@click.option("--data", type=_FOLDER, required=True, help=_("data folder"))
@click.option("--settings", type=_FILE, default=None, help=_("settings file (TOML)"))
@click.option(
    "--sample", type=click.IntRange(min=0), default=None, help=_("read only so many originals to their last byte")
)
@click.option(
    "--against",
    multiple=True,
    help=_("a checkpoint or receipt from outside, a folder of them, or the address of a witness"),
)
@click.option("--trust", type=_FILE, default=None, help=_("trust.json from outside; default: the data folder's own"))
@click.option("--json", "as_json", is_flag=True, help=_("one JSON object"))
def command(
    data: Path, settings: Path | None, sample: int | None, against: tuple[str, ...], trust: Path | None, as_json: bool
) -> None:
    """Compare vault, catalogue, log and tokens, both ways; exit 1 on any finding."""
    anchors: list[Anchor] = []
    silent: list[Finding] = []
    for place in against:
        if place.startswith(("http://", "https://")):
            shown, unheard = witness_anchors(place, [record.origin for record in read_records(data)])
            anchors, silent = [*anchors, *shown], [*silent, *unheard]
        elif not Path(place).exists():
            raise click.UsageError(_("no such file or folder: {path}").format(path=place))
        else:
            anchors += _anchors(Path(place))
    report = run(data, settings, sample, tuple(anchors), trust, quiet=as_json)
    report = replace(report, findings=(*silent, *report.findings))
    if as_json:
        click.echo(json.dumps(as_object(report), ensure_ascii=False))
    else:
        _print(report)
    sys.exit(0 if report.ok else 1)


def run(
    data: Path,
    settings: Path | None = None,
    sample: int | None = None,
    anchors: tuple[Anchor, ...] = (),
    trust: Path | None = None,
    quiet: bool = True,
) -> Report:
    """Audit a data folder."""
    own, defects = _own_trust(data)
    judged_by = read_trust(trust) if trust else own
    chosen, clock = load(settings), SystemClock()
    database = Database.open(chosen.database_url(data))
    places, vaults = open_places(data, chosen), open_vaults(data, chosen, clock, system_random)
    store = open_renditions(data, chosen)
    try:
        parts = Parts(
            data=data,
            database=database,
            logs=read_chain(places, database, lambda one: judged_by.log_terms(one.origin) or own.log_terms(one.origin)),
            vaults=vaults.checks(),
            locks=vaults.lock_checks(),
            renditions=store,
            trust=judged_by,
            clock=clock,
            told=tuple(one for one in own.authorities if one.name != founding.AUTHORITY),
        )
        with bars(quiet) as progress:
            report = Audit(parts, anchors, sample, progress).run()
        defects += vaults.failures()
    finally:
        places.close()
        vaults.close()
        store.close()
        database.close()
    return Report((*defects, *report.findings), report.notes, report.looked_at)


def _anchors(path: Path) -> list[Anchor]:
    """What lies there; a wrong usage where nothing does."""
    try:
        return list(read_anchors(path))
    except NothingKnown as error:
        raise click.UsageError(str(error)) from error


def witness_anchors(url: str, origins: Sequence[str]) -> tuple[list[Anchor], list[Finding]]:
    """The newest head of each of these logs that a witness shows; a finding where it shows none, or does not answer.

    Nobody who wanted to compare with it may take its silence for agreement.
    """
    with HttpWitness(url) as transport:
        try:
            shown = {origin: transport.newest(origin) for origin in origins}
        except WitnessUnavailable as error:
            return [], [Finding("anchor-unreachable", url, str(error))]
    anchors = [Anchor(f"{url} ({origin})", head) for origin, head in shown.items() if head is not None]
    return anchors, [] if anchors else [Finding("anchor-unreachable", url, "it shows no head of this log")]


def as_object(report: Report) -> dict[str, object]:
    """The report as `--json` prints it."""
    return {
        "ok": report.ok,
        "findings": [asdict(finding) for finding in report.findings],
        "notes": [asdict(note) for note in report.notes],
        "looked_at": report.looked_at,
    }


def _own_trust(data: Path) -> tuple[Trust, list[Finding]]:
    """What the installation told others of itself, compared with its keys; the keys alone where it cannot be read."""
    keys = founding.own_trust(data)
    try:
        told = read_trust(data / "trust.json")
    except (InvalidTrust, OSError) as error:
        return keys, [Finding("trust-invalid", "trust.json", str(error))]
    findings = []
    if not (set(keys.logs) <= set(told.logs) and set(keys.receipt_keys) <= set(told.receipt_keys)):
        findings.append(Finding("trust-differs", "trust.json", "it names other keys than this installation has"))
    if not {one.root_sha256 for one in keys.authorities} <= {one.root_sha256 for one in told.authorities}:
        findings.append(Finding("trust-differs", "trust.json", "it names another root than the authority has"))
    return (keys if findings else told), findings


def _print(report: Report) -> None:
    for finding in report.findings:
        click.echo(f"{finding.code}  {finding.subject}: {finding.detail}")
        if words := meaning(finding):
            click.echo(f"    {words}")
    for note in report.notes:
        click.echo(_("note: {code}: {detail}").format(code=note.code, detail=note.detail))
    looked_at = _(", ").join(f"{of_count(name)} {count}" for name, count in report.looked_at.items())
    click.echo(_("looked at: {counts}").format(counts=looked_at))
    count = len(report.findings)
    click.echo(
        _("no findings") if report.ok else ngettext("{count} finding", "{count} findings", count).format(count=count)
    )
