"""Errors as problems (RFC 9457): the one table from stable codes to HTTP status and title, for every package.

A code that is missing here is a bug that a test finds; at run time it becomes `internal`, which says nothing of inside.
"""

from dataclasses import dataclass
from typing import Any

CONTENT_TYPE = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Problem:
    """One kind of problem: its stable code, the HTTP status it has, and a title that never changes with the case."""

    code: str
    status: int
    title: str


INTERNAL = Problem("internal", 500, "Something went wrong inside")

_TABLE = (
    # what a caller can mend
    Problem("input-invalid", 422, "A value does not fit"),
    Problem("digest-invalid", 422, "Not a SHA-256 digest"),
    Problem("metadata-invalid", 400, "Upload-Metadata does not fit"),
    Problem("declaration-refused", 400, "The station has not signed what it declares"),
    Problem("upload-length-invalid", 400, "Upload-Length does not fit"),
    Problem("upload-offset-invalid", 400, "Upload-Offset does not fit"),
    Problem("checksum-invalid", 400, "Upload-Checksum does not fit"),
    Problem("tus-version-unsupported", 412, "Another version of tus is asked for"),
    Problem("tus-extension-unsupported", 400, "This part of tus is not offered"),
    Problem("content-type-wrong", 415, "Another content type is wanted"),
    Problem("purpose-missing", 422, "A purpose must be stated"),
    Problem("conflict", 409, "It exists already, or was changed meanwhile"),
    Problem("not-ready", 409, "Not prepared for viewing"),
    # who one is, and what one may
    Problem("sign-in-required", 401, "Sign in first"),
    Problem("credentials-wrong", 401, "Login or password is wrong"),
    Problem("too-many-attempts", 429, "Too many failed attempts"),
    Problem("password-must-change", 403, "The one-time password must be changed first"),
    Problem("not-permitted", 403, "No role allows this"),
    Problem("view-ended", 403, "The view is over"),
    Problem("export-not-approved", 403, "No copy leaves without approval"),
    Problem("self-approval", 403, "Nobody decides their own request"),
    Problem("grant-spent", 403, "The grant is spent"),
    Problem("retention-holds", 403, "No rule lets this original go"),
    Problem("not-found", 404, "No such thing"),
    Problem("method-not-allowed", 405, "Not a method of this address"),
    # uploads
    Problem("upload-too-large", 413, "Larger than is taken"),
    Problem("upload-not-found", 404, "No such upload"),
    Problem("upload-gone", 410, "The upload is over"),
    Problem("upload-finished", 403, "A finished upload stays"),
    Problem("offset-conflict", 409, "The upload stands elsewhere"),
    Problem("upload-busy", 423, "Another connection is writing"),
    Problem("upload-interrupted", 400, "The connection ended early"),
    Problem("upload-stalled", 408, "No bytes came for too long"),
    Problem("checksum-mismatch", 460, "The chunk has another checksum"),
    Problem("digest-mismatch", 460, "The file has another digest than declared"),
    Problem("quota-exhausted", 507, "Too much under way"),
    Problem("space-exhausted", 507, "No room left"),
    Problem("intake-pending", 503, "Stored, and not sealed yet"),
    Problem("not-in-quarantine", 404, "Not in quarantine"),
    Problem("quarantine-decided", 409, "Decided otherwise before"),
    # what is down; asking again later is right
    Problem("log-unavailable", 503, "The log cannot be written"),
    Problem("catalog-unavailable", 503, "The catalogue does not answer"),
    Problem("vault-unavailable", 503, "The vault does not answer"),
    Problem("renditions-unavailable", 503, "The viewing copies cannot be reached"),
    Problem("authority-unavailable", 503, "No timestamp authority answers"),
    Problem("witness-unavailable", 503, "A witness does not answer"),
    # what must never be seen from outside except as ours to mend
    Problem("catalog-error", 500, "The catalogue failed"),
    Problem("schema-mismatch", 500, "The database is not as it should be"),
    Problem("integrity-error", 500, "A check failed"),
    Problem("encoding-invalid", 500, "Bytes are not in their one encoding"),
    Problem("canonical-invalid", 500, "Not canonical JSON"),
    Problem("manifest-invalid", 500, "A manifest does not hold"),
    Problem("declaration-invalid", 500, "What a station signed does not hold"),
    Problem("vault-error", 500, "The vault failed"),
    Problem("vault-conflict", 500, "Other bytes lie under this digest"),
    Problem("vault-immutable", 500, "Sealed bytes may be removed by the machine's root only"),
    Problem("order-invalid", 500, "An order of disposal does not hold"),
    Problem("vault-missing", 500, "Sealed bytes are missing"),
    Problem("vault-refused", 500, "The vault refused"),
    Problem("vault-unprotected", 500, "The vault does not protect what it holds"),
    Problem("vault-stray", 500, "Something strange lies in the vault"),
    Problem("log-error", 500, "The log failed"),
    Problem("log-corrupt", 500, "The log does not hold"),
    Problem("head-conflict", 500, "The log's head was moved"),
    Problem("note-invalid", 500, "A signed note does not hold"),
    Problem("log-key-revoked", 500, "Signed by a key of the log that was revoked"),
    Problem("proof-invalid", 500, "A proof does not hold"),
    Problem("token-error", 500, "A timestamp failed"),
    Problem("token-invalid", 500, "A timestamp does not hold"),
    Problem("renewal-invalid", 500, "A renewal does not hold"),
    Problem("revocations-invalid", 500, "A revocation list or OCSP response does not hold"),
    Problem("provenance-invalid", 500, "Where a viewing copy comes from does not hold"),
    Problem("receipt-invalid", 500, "A receipt does not hold"),
    Problem("trust-invalid", 500, "trust.json does not hold"),
    Problem("bundle-invalid", 500, "A bundle does not hold"),
    Problem("ingest-error", 500, "Receiving failed"),
    Problem("child-failed", 500, "A decoder failed"),
    Problem("child-crashed", 500, "A decoder crashed"),
    Problem("child-timed-out", 500, "A decoder took too long"),
    Problem("child-answer-invalid", 500, "A decoder answered nonsense"),
    Problem("children-stopped", 503, "The service is ending"),
    Problem("encoding-postponed", 503, "It takes long and is done later"),
    Problem("unplayable", 409, "It cannot be shown"),
    INTERNAL,
)

PROBLEMS = {problem.code: problem for problem in _TABLE}
RETRY_SECONDS = 5


def problem_of(code: str) -> Problem:
    """The problem of a code; `internal` for one nobody listed."""
    return PROBLEMS.get(code, INTERNAL)


def problem(error: Exception) -> tuple[int, dict[str, Any]]:
    """The HTTP status and the problem's JSON for an error with a `code`; the inside of a 500 stays inside."""
    found = problem_of(str(getattr(error, "code", "internal")))
    body: dict[str, Any] = {"type": "about:blank", "title": found.title, "status": found.status, "code": found.code}
    if found.status != 500:
        body["detail"] = str(error)
    field = getattr(error, "field", None)
    if isinstance(field, str):
        body["field"] = field
    return found.status, body
