"""`tiezheng admin …`: what the operator of the machine does, beside a running service or without one.

Each change is a ledger entry by the operator's account on this machine. Secrets are printed or written once, mode 0600.
"""

import json
import os
import pwd
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import click
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from catalog.grants import Grants
from catalog.identity import GrantId, RecordingId, is_id
from catalog.ledger import Actor
from catalog.permissions import Role
from catalog.stations import CODE_LASTS
from ingest.child import Children
from integrity import durable
from integrity.digest import Digest
from integrity.enrolment import write_code
from player.language import gettext as _
from scripts.assemble import House, open_house
from scripts.authorities import authorities_beside
from scripts.decoders import measured
from scripts.dock_state import write_key
from scripts.exporting import export_of
from scripts.founding import sole_server
from scripts.job_facts import job_facts, lines
from scripts.key_change import change_key
from scripts.known import read_anchors
from scripts.recovery import recover
from scripts.renewing import Renewer
from scripts.settings import child_environment, load
from scripts.status import Status, scrub_facts, seal_of, status_of

Command = TypeVar("Command", bound=Callable[..., Any])


@click.group(name="admin")
def command() -> None:
    """Operator tools."""


def _data(function: Command) -> Command:
    """The options every tool has."""
    kind = click.Path(path_type=Path, file_okay=False, exists=True)
    function = click.option("--data", type=kind, required=True, help=_("data folder"))(function)
    settings = click.Path(path_type=Path, dir_okay=False, exists=True)
    return click.option("--settings", type=settings, default=None, help=_("settings file (TOML)"))(function)


@contextmanager
def _house(data: Path, settings: Path | None) -> Iterator[House]:
    house = open_house(data, load(settings))
    try:
        yield house
    finally:
        house.close()


def operator() -> Actor:
    """Who is at this machine, as the ledger names them."""
    try:
        name = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        name = str(os.getuid())
    return Actor("system", f"operator:{name}", name, None)


@command.command("enrol-station")
@_data
@click.option("--name", required=True, help=_("name of the docking station"))
@click.option("--agency", default=None, help=_("code of its agency; default: the first"))
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help=_("credentials file to write"))
@click.option("--key", "with_key", is_flag=True, help=_("with --out: make the station's key here too, so it signs"))
@click.option("--code", "by_code", is_flag=True, help=_("print a one-time code for `tiezheng enrol` instead"))
def enrol_station(
    data: Path, settings: Path | None, name: str, agency: str | None, out: Path | None, with_key: bool, by_code: bool
) -> None:
    """Enrol a docking station: by a code that it redeems itself, or with its credentials in FILE.

    With --code a station that is enrolled already gets a new key and token when it redeems the code.
    """
    if by_code == (out is not None):
        raise click.UsageError(_("either --code or --out"))
    if out is None:
        _print_code(data, settings, name, agency)
    else:
        _write_credentials(data, settings, name, agency, out, with_key)


def _print_code(data: Path, settings: Path | None, name: str, agency: str | None) -> None:
    with _house(data, settings) as house, house.sequencing():
        at = _agency(house, agency)
        known = house.stations.find(at, name)
        if known is None:
            _station, secret = house.stations.invite(operator(), at, name)
        else:
            secret = house.stations.invite_again(operator(), known.id)
        code = write_code(secret, house.trust.encode())
    click.echo(_("one-time code: {code}").format(code=code))
    click.echo(_("good for {hours} hours; on the station: tiezheng enrol --server URL --credentials FILE CODE").format(
        hours=CODE_LASTS // timedelta(hours=1)))  # fmt: skip


def _write_credentials(
    data: Path, settings: Path | None, name: str, agency: str | None, out: Path, with_key: bool
) -> None:
    if out.exists():
        raise click.UsageError(_("there is a file already: {path}").format(path=out))
    with _house(data, settings) as house, house.sequencing(), _reserved(out):
        key = Ed25519PrivateKey.generate() if with_key else None
        public = None if key is None else key.public_key().public_bytes_raw()
        station, token = house.stations.enrol(operator(), _agency(house, agency), name, public)
        credentials = {"station": station.id, "name": name, "token": token}
        credentials |= {} if key is None else {"key": write_key(key)}
        durable.replace(out, (json.dumps(credentials, ensure_ascii=False) + "\n").encode(), 0o600)
        trust = house.trust
        durable.replace(out.with_name("trust.json"), trust.encode(), 0o644)
    click.echo(_("station {name} enrolled: {path}").format(name=name, path=out))
    for kind, fingerprint in trust.fingerprints:
        click.echo(f"  {kind}: {fingerprint}")


@contextmanager
def _reserved(out: Path) -> Iterator[None]:
    """The file is made before the token that is told only once, so a folder that cannot be written costs no station."""
    durable.make_folder(out.parent)
    durable.write_new(out, b"", 0o600)
    try:
        yield
    except BaseException:
        if not out.stat().st_size:
            durable.remove(out)
        raise


@command.command("revoke-station")
@_data
@click.option("--name", required=True, help=_("name of the docking station"))
@click.option("--agency", default=None, help=_("code of its agency; default: the first"))
def revoke_station(data: Path, settings: Path | None, name: str, agency: str | None) -> None:
    """Shut a station out at once; what it uploaded stays."""
    with _house(data, settings) as house, house.sequencing():
        known = house.stations.find(_agency(house, agency), name)
        if known is None:
            raise click.UsageError(_("no station of this name: {name}").format(name=name))
        house.stations.revoke(operator(), known.id)
    click.echo(_("station {name} is shut out").format(name=name))


@command.command("add-person")
@_data
@click.option("--login", required=True, help=_("sign-in name"))
@click.option("--name", default=None, help=_("the person's name; default: the sign-in name"))
@click.option("--role", "roles", type=click.Choice([role.value for role in Role]), multiple=True, required=True)
@click.option("--agency", default=None, help=_("code of the agency; default: the first"))
def add_person(
    data: Path, settings: Path | None, login: str, name: str | None, roles: tuple[str, ...], agency: str | None
) -> None:
    """Add a person and print a one-time password."""
    with _house(data, settings) as house, house.sequencing():
        held = [Role(role) for role in roles]
        _person, once = house.people.add(operator(), login, name or login, _agency(house, agency), held)
    click.echo(_("one-time password: {password}").format(password=once))


@command.command("status")
@_data
@click.option("--json", "as_json", is_flag=True, help=_("one JSON object"))
def status(data: Path, settings: Path | None, as_json: bool) -> None:
    """Recordings by state, queue, vault, log and authorities."""
    with _house(data, settings) as house:
        found = status_of(house, decoders=measured(Children(child_environment())))
    if as_json:
        click.echo(json.dumps(found.json(), ensure_ascii=False))
    else:
        _print(found)


@command.command("jobs")
@_data
@click.option("--retry", default=None, metavar="RECORDING", help=_("try a recording anew that could not be prepared"))
@click.option("--json", "as_json", is_flag=True, help=_("one JSON object"))
def jobs(data: Path, settings: Path | None, retry: str | None, as_json: bool) -> None:
    """What waits, what fails and why, dead letters, and the workers."""
    with _house(data, settings) as house:
        if retry is not None:
            with house.sequencing():
                if not house.recordings.revive(RecordingId(retry), operator()):
                    raise click.UsageError(_("no recording that could not be prepared: {id}").format(id=retry))
        found = job_facts(house)
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
    else:
        for line in lines(found):
            click.echo(line)


@command.command("trust")
@_data
def trust(data: Path, settings: Path | None) -> None:
    """Print trust.json as it is now, to be handed out again: after a witness or the quorum changed, for example."""
    with _house(data, settings) as house:
        told = house.trust
    click.echo(told.encode(), nl=False)
    for kind, fingerprint in told.fingerprints:
        click.echo(f"{kind}: {fingerprint}", err=True)


@command.command("renew")
@_data
@click.option(
    "--before",
    type=click.IntRange(min=0),
    default=None,
    help=_("days before a certificate's end in which tokens are renewed"),
)
@click.option("--json", "as_json", is_flag=True, help=_("one JSON object"))
def renew(data: Path, settings: Path | None, before: int | None, as_json: bool) -> None:
    """Stamp anew what proves originals whose time stamps begin to end."""
    with _house(data, settings) as house, house.sequencing(), authorities_beside(house) as asked:
        days = house.settings.renew_before_days if before is None else before
        found = Renewer(house.renewals, asked, house.clock).run(timedelta(days=days))
    if as_json:
        said = {"ok": found.ok, "renewed": found.renewed, "failed": found.failed, "problem": found.problem}
        click.echo(json.dumps(said, ensure_ascii=False))
    else:
        click.echo(_("renewed: {count}").format(count=found.renewed))
        if not found.ok:
            click.echo(_("not renewed: {count}: {problem}").format(count=found.failed, problem=found.problem), err=True)
    sys.exit(0 if found.ok else 1)


@command.command("seal")
@_data
@click.argument("sha256")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), required=True, help=_("folder to write"))
def seal(data: Path, settings: Path | None, sha256: str, out: Path) -> None:
    """Write the seal of an original: manifest, tokens, log proof, checkpoint and certificates."""
    with _house(data, settings) as house:
        files = seal_of(house, Digest.from_hex(sha256))
    for name, content in files.items():
        durable.make_folder((out / name).parent, 0o755)
        durable.replace(out / name, content, 0o644)
        click.echo(out / name)


@command.command("bundle")
@_data
@click.argument("grant")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), required=True, help=_("folder to write"))
def bundle(data: Path, settings: Path | None, grant: str, out: Path) -> None:
    """Write the bundle of a GRANT as a folder, for a disc or disk that is carried; it is released by that, once."""
    with _house(data, settings) as house, house.sequencing():
        export = export_of(house, Grants(house.database, house.ledger, house.clock, house.random))
        written = export.hand_over(operator(), GrantId(grant), out)
    click.echo(written)


@command.command("scrub")
@_data
@click.option("--json", "as_json", is_flag=True, help=_("one JSON object"))
def scrub(data: Path, settings: Path | None, as_json: bool) -> None:
    """Read every sealed object to its last byte, now; exit 1 when one is bad."""
    with _house(data, settings) as house, house.sequencing():
        house.scrubbing(0).everything(operator())
        found = scrub_facts(house)
    if as_json:
        click.echo(json.dumps(found))
    else:
        for name, value in found.items():
            click.echo(f"{name}: {value}")
    sys.exit(1 if found["defects"] else 0)


@command.command("dispose")
@_data
@click.argument("order")
def dispose(data: Path, settings: Path | None, order: str) -> None:
    """Carry out an ORDER of disposal where the immutable flag stands; as root.

    Nothing goes without an order of two persons that the log proves. An original's SHA-256 instead of an order is
    refused, and recorded.
    """
    with _house(data, settings) as house, house.sequencing():
        if not is_id(order):
            house.retention.dispose(operator(), Digest.from_hex(order))
        counts = house.disposing(clear=True).carry_out(order, waiting=True)
    for state, count in sorted(counts.items()):
        click.echo(f"{state}: {count}")
    if not counts or set(counts) - {"done", "kept"}:
        click.echo(_("not all of it could be carried out"), err=True)
        sys.exit(1)


@command.command("rotate-log-key")
@_data
@click.option("--stolen", is_flag=True, help=_("the old key was stolen: it signs no more, and is revoked"))
def rotate_log_key(data: Path, settings: Path | None, stolen: bool) -> None:
    """Give the log a new key; the old one signs beside it for some days more."""
    with _house(data, settings) as house, house.sequencing():
        told = change_key(house, operator(), stolen=stolen)
    click.echo(_("give everybody the new trust.json"))
    for kind, fingerprint in told.fingerprints:
        click.echo(f"  {kind}: {fingerprint}")


@command.command("recover-log")
@_data
@click.option(
    "--known",
    type=click.Path(path_type=Path, exists=True),
    multiple=True,
    required=True,
    help=_("a checkpoint or receipt from outside, or a folder of them"),
)
def recover_log(data: Path, settings: Path | None, known: tuple[Path, ...]) -> None:
    """End a log that was set back, and begin its successor; only while nothing serves the folder."""
    with sole_server(data), _house(data, settings) as house:
        anchors = [anchor for path in known for anchor in read_anchors(path)]
        done = recover(house, anchors, operator())
        told = house.trust
    said = _("the log {origin} ended at {size} leaves; others remember {known}")
    click.echo(said.format(origin=done.ended, size=done.size, known=done.known))
    click.echo(_("its successor is {origin}; give everybody the new trust.json").format(origin=done.successor.name))
    for kind, fingerprint in told.fingerprints:
        click.echo(f"  {kind}: {fingerprint}")


def _agency(house: House, code: str | None) -> Any:
    found = house.agencies.find(code or house.settings.agency_code)
    if found is None:
        raise click.UsageError(_("no agency of this code: {code}").format(code=code or house.settings.agency_code))
    return found.id


def _print(found: Status) -> None:
    for title, facts in found.sections():
        click.echo(title)
        for name, value in facts.items():
            click.echo(f"  {name}: {value}")
