"""The check of a statement that a station signed, where it comes along: is it the sealed one, and did its key sign it.

The manifest names the statement by its digest, so nobody exchanges either afterwards. The key is named by the station;
that it was this station's key, the installation's ledger says (`station-key`), and `audit` compares.
"""

from integrity.digest import Digest
from integrity.errors import InvalidDeclaration, InvalidManifest
from integrity.inquiry import Inquiry, RunningStep
from integrity.manifest import Manifest
from integrity.statement import Statement

STEP = "the station signed what it declared"


def check_statement(inquiry: Inquiry, path: str, content: bytes, manifest: Manifest, step: RunningStep) -> None:
    """Judge `statement.json` against the manifest of the same bytes; findings at `path`."""
    if Digest.of(content) != manifest.statement:
        inquiry.find("declaration-differs", path, "it is not the statement that the manifest names")
        return
    try:
        statement = Statement.parse(content)
    except InvalidManifest as error:
        inquiry.find("declaration-malformed", path, str(error))
        return
    differ = _differing(statement, manifest)
    if differ:
        inquiry.find("declaration-differs", path, f"the manifest says otherwise of: {', '.join(differ)}")
    if statement.signed is None:
        inquiry.find("declaration-signature", path, "nobody signed it")
        return
    try:
        statement.require_signed(manifest.size)
    except InvalidDeclaration as error:
        inquiry.find("declaration-signature", path, str(error))
        return
    step.note(f"station key {statement.signed.key.vkey}")


def _differing(statement: Statement, manifest: Manifest) -> list[str]:
    """Where the manifest does not repeat what was declared."""
    again = Manifest.of(
        statement, manifest.digest, manifest.size, manifest.source.upload, manifest.received_at, manifest.clock,
        manifest.salt, manifest.sm3,
    )  # fmt: skip
    differ = [
        name for name in ("name", "source", "declared", "note") if getattr(again, name) != getattr(manifest, name)
    ]
    return differ if statement.sha256 in (None, manifest.digest) else [*differ, "sha256"]
