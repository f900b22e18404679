"""`tiezheng verify`: is this the evidence that was sealed? Offline, in numbered steps.

Exit status 0 only without any finding; 1 on findings; 3 when all of it agrees with itself and nothing from outside was
given to judge it by; 4 when of some recordings only a derived copy is there. Needs no installation, no network and no
service; believes nothing that came with the evidence.
"""

import json
import sys
from dataclasses import asdict
from pathlib import Path

import click
from rich.console import Console
from rich.text import Text

from integrity import copy_check
from integrity.container import printable
from integrity.finding import Assurance, Finding, Step, Verdict
from integrity.trust import read_trust
from integrity.verify import verify_bundle, verify_file
from integrity.verify_page import NAME, published_digest
from player.language import gettext as _
from player.language import ngettext
from scripts.verdict_words import ASSURANCE, DECLARED, DERIVED, FINDINGS, NOT_QUALIFIED

_PATH = click.Path(path_type=Path, exists=True)


@click.command(name="verify")
@click.argument("path", type=_PATH, required=False)
@click.option("--seal", type=_PATH, default=None, help=_("the seal of the file PATH: a folder, or a zip of one"))
@click.option("--trust", type=_PATH, default=None, help=_("trust.json, got from elsewhere than PATH"))
@click.option(
    "--witnesses",
    type=click.IntRange(min=0),
    default=0,
    help=_("how many witnesses of trust.json must have signed; default: as many as it says"),
)
@click.option("--release", type=_PATH, default=None, help=_("release.json, which came beside the bundle PATH"))
@click.option("--json", "as_json", is_flag=True, help=_("one JSON object"))
@click.option("--print-page-digest", is_flag=True, help=_("only print the SHA-256 of this version's verify.html"))
def command(
    path: Path | None,
    seal: Path | None,
    trust: Path | None,
    release: Path | None,
    witnesses: int,
    as_json: bool,
    print_page_digest: bool,
) -> None:
    """Verify a bundle (folder or zip), or with --seal a single file.

    Exit status: 0 verified, 1 findings, 3 only self-consistent because no --trust was given, 4 only derived copies.
    """
    if print_page_digest:
        click.echo(f"{published_digest()}  {NAME}")
        return
    if path is None:
        raise click.UsageError(_("a PATH is wanted"))
    if release is not None and seal is not None:
        raise click.UsageError(_("--release is of a bundle, --seal of a file"))
    trusted = None if trust is None else read_trust(trust)
    if seal is None:
        verdict = verify_bundle(path, trusted, witnesses=witnesses, release=release)
    else:
        verdict = verify_file(path, seal, trusted, witnesses=witnesses)
    if as_json:
        click.echo(json.dumps(as_object(verdict), ensure_ascii=False))
    else:
        _print(verdict)
    sys.exit(exit_status(verdict))


def exit_status(verdict: Verdict) -> int:
    """0 verified, 3 self-consistent only, 4 without some originals, 1 anything else."""
    if verdict.ok:
        return 0
    if verdict.copies_only:
        return 4
    return 3 if verdict.self_consistent else 1


def as_object(verdict: Verdict) -> dict[str, object]:
    """The verdict as `--json` prints it."""
    return {
        "ok": verdict.ok,
        "findings": [asdict(finding) for finding in verdict.findings],
        "steps": [asdict(step) for step in verdict.steps],
        "assurance": verdict.assurance.value,
    }


def _print(verdict: Verdict) -> None:
    console = Console(highlight=False, soft_wrap=True)
    for step in verdict.steps:
        console.print(_step(step))
        if step.detail:
            console.print(Text(f"      {printable(step.detail)}", style="dim"))
    if verdict.findings:
        console.print()
    for finding in verdict.findings:
        console.print(_finding(finding))
    console.print()
    console.print(_conclusion(verdict))
    if verdict.ok:
        console.print(Text(_(ASSURANCE[verdict.assurance])))
    if verdict.assurance is not Assurance.EXTERNAL_AUTHORITY:
        console.print(Text(_(NOT_QUALIFIED)))
    console.print(Text(_(DECLARED)))
    if any(step.name == copy_check.STEP for step in verdict.steps):
        console.print(Text(_(DERIVED)))


def _step(step: Step) -> Text:
    mark, style = {True: ("✓", "green"), False: ("✗", "bold red"), None: ("–", "yellow")}[step.passed]
    return Text.assemble(f"{step.number:>3} ", (mark, style), f" {_(step.name)}")


def _finding(finding: Finding) -> Text:
    meaning = _(FINDINGS[finding.code]) if finding.code in FINDINGS else ""
    detail = f"      {printable(finding.subject)}: {printable(finding.detail)}"
    return Text.assemble((f"{finding.code}", "bold red"), f"  {meaning}\n{detail}")


def _conclusion(verdict: Verdict) -> Text:
    if verdict.ok:
        return Text(_("VERIFIED: no findings"), style="bold green")
    if verdict.self_consistent:
        words = _("SELF-CONSISTENT ONLY: without --trust a forgery could look the same")
        return Text(words, style="bold yellow")
    if verdict.copies_only:
        words = _("COPIES ONLY: nothing is wrong with what is here, and originals are not here to be verified")
        return Text(words, style="bold yellow")
    count = len(verdict.findings)
    words = ngettext("NOT VERIFIED: {count} finding", "NOT VERIFIED: {count} findings", count)
    return Text(words.format(count=count), style="bold red")


if __name__ == "__main__":
    command()
