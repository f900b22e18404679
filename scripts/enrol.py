"""`tiezheng enrol`: a station makes its key pair and redeems the code that the operator gave it.

The private key is made here, kept in the credentials file and sent nowhere. It is on the disk before the code is spent,
so a run that was cut short, or whose answer was lost, is simply run again. trust.json is taken only if it is the one
that the code vouches for: whoever answers in the server's place has another.
"""

import base64
from datetime import datetime
from pathlib import Path
from urllib.parse import urljoin

import click
import httpx2
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from integrity import durable
from integrity.clock import SystemClock
from integrity.enrolment import prove_key, read_code, trust_mark
from integrity.note import Signer
from integrity.trust import Trust
from player.language import gettext as _
from scripts.dock_state import Credentials, read_key, write_key

SECONDS = 60.0


class EnrolmentRefused(Exception):
    """The server did not enrol the station, or is not the one that the code speaks of."""

    code = "enrolment-refused"


@click.command(name="enrol")
@click.option("--server", required=True, help=_("address of the service"))
@click.option("--credentials", type=click.Path(path_type=Path, dir_okay=False), required=True,
              help=_("credentials file to write"))  # fmt: skip
@click.argument("code")
def command(server: str, credentials: Path, code: str) -> None:
    """Redeem a one-time CODE: make a key, write the credentials, and trust.json beside them."""
    if credentials.exists():
        raise click.UsageError(_("there is a file already: {path}").format(path=credentials))
    with httpx2.Client(timeout=SECONDS, follow_redirects=False) as client:
        known, trust = enrol(client, server, credentials, code, SystemClock().now())
    click.echo(_("station {name} enrolled: {path}").format(name=known.name, path=credentials))
    for kind, fingerprint in trust.fingerprints:
        click.echo(f"  {kind}: {fingerprint}")


def enrol(client: httpx2.Client, server: str, path: Path, code: str, now: datetime) -> tuple[Credentials, Trust]:
    """Redeem the code and write credentials and trust.json; EnrolmentRefused. Again goes on with the same key."""
    secret, mark = read_code(code)
    durable.make_folder(path.parent)
    kept = path.with_name(f"{path.name}.key")
    key = _key(kept)
    signer = Signer("station", key)
    body = {
        "secret": secret,
        "key": base64.b64encode(signer.verifier.public_key).decode(),
        "proof": base64.b64encode(prove_key(secret, signer)).decode(),
    }
    try:
        response = client.post(urljoin(server.rstrip("/") + "/", "stations/enrolment"), json=body)
        answer = response.json()
    except (httpx2.HTTPError, ValueError) as error:
        raise EnrolmentRefused(f"{server}: {error}") from error
    if response.status_code != 201:
        raise EnrolmentRefused(str(answer.get("detail") or answer.get("title") or response.status_code))
    trust = str(answer["trust"]).encode()
    if trust_mark(trust) != mark:
        raise EnrolmentRefused("its trust.json is not the one that the code vouches for: ask for a new code")
    station, name, token = (str(answer[field]) for field in ("station", "name", "token"))
    known = Credentials(path, station, name, token, server, key, since=now)
    durable.replace(path.with_name("trust.json"), trust, 0o644)
    known.write()
    durable.remove(kept)
    return known, Trust.parse(trust)


def _key(kept: Path) -> Ed25519PrivateKey:
    """The key of a run that was cut short, or a new one that is on the disk before anybody is asked."""
    if kept.exists():
        return read_key(kept.read_text().strip())
    key = Ed25519PrivateKey.generate()
    durable.write_new(kept, write_key(key).encode(), 0o600)
    return key
