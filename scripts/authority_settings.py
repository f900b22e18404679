"""External time-stamping authorities as they are set: a table of the settings file each, or JSON in the environment.

Secrets are files that only the service reads: never in the settings, never in argv, never in a log line.
"""

import json
from pathlib import Path
from typing import Any, Self

from cryptography import x509
from pydantic import BaseModel, ConfigDict, Field, model_validator

from integrity.certificates import read_certificates
from integrity.errors import InvalidTrust
from integrity.revocations import is_web
from integrity.trust import TrustedAuthority

EMBEDDED = "embedded"
"""The name under which tokens and trust.json know the embedded authority."""


class AuthoritySettings(BaseModel):
    """One external authority; the fields are those of README, Time-stamping authorities."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9.-]{0,63}$")
    url: str = Field(pattern=r"^https?://\S+$")
    root: Path
    qualified: bool = False
    policies: tuple[str, ...] = ()
    username: str | None = None
    password_file: Path | None = None
    client_certificate: Path | None = None
    client_key: Path | None = None
    revocations: tuple[str, ...] = ()
    timeout_s: float = Field(default=10.0, gt=0, le=60)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.name == EMBEDDED:
            raise ValueError(f"{EMBEDDED} is the name of the authority inside")
        if (self.username is None) != (self.password_file is None):
            raise ValueError(f"{self.name}: username and password_file come together")
        if not all(map(is_web, self.revocations)):
            raise ValueError(f"{self.name}: revocations are addresses of HTTP")
        if self.client_key is not None and self.client_certificate is None:
            raise ValueError(f"{self.name}: client_key without client_certificate")
        return self

    @property
    def trusted(self) -> TrustedAuthority:
        """As trust.json tells of it; InvalidTrust where the root's file is not one certificate."""
        try:
            return TrustedAuthority(self.name, self.root.read_bytes(), self.qualified)
        except OSError as error:
            raise InvalidTrust(f"authority {self.name}: {self.root} cannot be read: {error.strerror}") from error

    @property
    def roots(self) -> tuple[x509.Certificate, ...]:
        """What its tokens' chains have to end in."""
        return read_certificates(self.trusted.root_pem)

    @property
    def credentials(self) -> tuple[str, str] | None:
        """User and password for HTTP, read anew, so that a changed password needs no restart of the house."""
        if self.username is None or self.password_file is None:
            return None
        try:
            return self.username, self.password_file.read_text(encoding="utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            raise InvalidTrust(f"authority {self.name}: its password_file cannot be read") from error


def read_tables(value: Any) -> Any:
    """The environment has text where the settings file has tables."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError as error:
        raise ValueError("not a JSON array of authorities") from error
