"""Every setting there is, from `TIEZHENG_*` in the environment or a TOML file; the only reader of the environment.

A setting that does not exist, or a value that does not fit, stops the start and is named. README lists each one; a
test compares. Never holds a secret: keys are files of their own in the data folder.
"""

import json
import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator

from scripts.authority_settings import AuthoritySettings, read_tables
from scripts.witness_address import WitnessAddress

PREFIX = "TIEZHENG_"
MIB = 1024 * 1024


class WrongSettings(Exception):
    """A setting is unknown or its value does not fit; the text names it."""

    code = "settings-wrong"


class Settings(BaseModel):
    """What can be set; each description is the README's line."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    agency_code: str = Field(default="main", min_length=1, max_length=64, description="code of the first agency")
    agency_name: str = Field(default="本机关", min_length=1, max_length=200, description="name of the first agency")
    database: str | None = Field(
        default=None,
        description="SQLAlchemy URL of the catalog, such as postgresql+psycopg://…; default: SQLite in the data folder",
    )
    vault: str = Field(
        default="files",
        pattern="^(files|s3)$",
        description="where originals are kept: files, in the data folder, or s3",
    )
    vault_folder: Path | None = Field(
        default=None, description="folder of the vault on files, on the same file system; default: in the data folder"
    )
    keeper_socket: Path | None = Field(
        default=None, description="socket of the keeper that owns VAULT_FOLDER under a user of its own"
    )
    s3_endpoint: str | None = Field(
        default=None, description="URL of the S3 service; default: the address its region has at AWS"
    )
    s3_region: str = Field(default="us-east-1", description="region of the S3 bucket")
    s3_bucket: str | None = Field(default=None, description="S3 bucket, made with Object Lock")
    s3_prefix: str = Field(default="vault/", description="what the key of every object begins with")
    s3_credentials: Path | None = Field(
        default=None, description="file of mode 0600 with access_key and secret_key of who puts and reads, in JSON"
    )
    s3_hold_credentials: Path | None = Field(
        default=None, description="the same of who lengthens locks and puts holds; default: who puts"
    )
    s3_disposal_credentials: Path | None = Field(
        default=None, description="the same of who may remove versions whose lock is over; default: who puts"
    )
    lock_days: int = Field(
        default=180,
        ge=1,
        le=36500,
        description="days that an object in S3 is locked for when it is put: the statutory minimum",
    )
    replica_folder: Path | None = Field(
        default=None, description="folder for a copy of every object, on another disk or mounted from another machine"
    )
    replica_s3_endpoint: str | None = Field(default=None, description="the same as S3_ENDPOINT, of the replica")
    replica_s3_region: str = Field(default="us-east-1", description="region of the replica's bucket")
    replica_s3_bucket: str | None = Field(
        default=None, description="bucket for a copy of every object, under another administrator"
    )
    replica_s3_prefix: str = Field(default="vault/", description="what the key of every copy begins with")
    replica_s3_credentials: Path | None = Field(default=None, description="the same as S3_CREDENTIALS, of the replica")
    replica_s3_hold_credentials: Path | None = Field(
        default=None, description="the same as S3_HOLD_CREDENTIALS, of the replica"
    )
    replica_s3_disposal_credentials: Path | None = Field(
        default=None, description="the same as S3_DISPOSAL_CREDENTIALS, of the replica"
    )
    public_url: str | None = Field(
        default=None, description="the address people use, such as https://evidence.example; https makes cookies Secure"
    )
    log_origin: str | None = Field(
        default=None,
        description="origin line of the transparency log, fixed at the first start; default: tiezheng.local/<random>",
    )
    log_s3_endpoint: str | None = Field(default=None, description="the same as S3_ENDPOINT, of the log")
    log_s3_region: str = Field(default="us-east-1", description="region of the log's bucket")
    log_s3_bucket: str | None = Field(
        default=None,
        description="bucket for the transparency log, which several nodes share; default: in the data folder",
    )
    log_s3_prefix: str = Field(default="logs/", description="what the key of every file of the log begins with")
    log_s3_credentials: Path | None = Field(
        default=None, description="the same as S3_CREDENTIALS, of who puts, reads and deletes files of the log"
    )
    witnesses: str | None = Field(
        default=None,
        description="witnesses of the log: address and verifier key, address and key …, separated by spaces",
    )
    witness_quorum: int = Field(
        default=0,
        ge=0,
        description="how many of them must have signed; told to others in trust.json; fewer is an alarm",
    )
    known_checkpoints: str | None = Field(
        default=None,
        description="file or folder of checkpoints and receipts from outside that the log must contain before it grows",
    )
    log_key_overlap_days: int = Field(
        default=30, ge=0, description="days that a replaced key of the log signs beside the new one"
    )
    checkpoint_token_seconds: int = Field(
        default=60, ge=0, description="seconds within which a log that has grown gets a token; 0 for none at all"
    )
    authorities: tuple[AuthoritySettings, ...] = Field(
        default=(), description="external time-stamping authorities, asked in this order; see above"
    )
    embedded_authority: bool = Field(
        default=True, description="whether the embedded authority is asked too, after all others"
    )
    tokens_wanted: int = Field(
        default=1, ge=1, le=9, description="tokens of how many different authorities each recording gets"
    )
    token_alarm_minutes: int = Field(default=15, ge=1, description="minutes after which a pending token is an alarm")
    renew_before_days: int = Field(
        default=90, ge=1, description="days before a token's certificate ends in which the token is renewed"
    )
    revocation_hours: int = Field(
        default=24,
        ge=0,
        description="hours after which authorities' revocation lists and OCSP responses are fetched again; 0 for never",
    )
    max_upload_bytes: int = Field(default=64 * 1024 * MIB, ge=1, description="largest file that is received, in bytes")
    station_quota_bytes: int = Field(
        default=1024 * 1024 * MIB,
        ge=0,
        description="bytes a station may have on their way, announced and not sealed yet; 0 for no limit",
    )
    reserve_bytes: int = Field(
        default=512 * MIB, ge=0, description="free space below which no upload is taken, in bytes"
    )
    upload_expires_hours: int = Field(
        default=168, ge=1, description="hours after which an unfinished upload may be given up"
    )
    receive_direct: int = Field(
        default=64,
        ge=0,
        le=1024,
        description="how many large bodies at once are received around the event loop; 0 for none",
    )
    receive_idle_seconds: float = Field(
        default=60, gt=0, le=3600, description="seconds a station's connection may bring nothing before it is ended"
    )
    receive_floor_bytes_s: int = Field(
        default=1024, ge=0, description="bytes a second below which a station's connection is ended; what came is kept"
    )
    intake_threads: int = Field(default=2, ge=1, le=64, description="how many uploads are sealed at the same time")
    sm3: bool = Field(
        default=False, description="seal an SM3 (GB/T 32905) beside each file's SHA-256; its cost is told above"
    )
    view_minutes: int = Field(default=240, ge=1, description="minutes a view stays open for playing")
    session_hours: int = Field(default=10, ge=1, le=72, description="hours until a sign-in ends")
    grant_hours: int = Field(default=72, ge=1, description="hours an approved copy may be fetched")
    name_patterns: tuple[str, ...] = Field(
        default=(),
        description="patterns of file names by maker (JSON): regular expressions with a group `time`, perhaps `device`",
    )
    join_gap_s: int = Field(
        default=5,
        ge=0,
        le=60,
        description="consecutive segments of a device at most so far apart are joined to one recording; 0: never",
    )
    renditions_folder: Path | None = Field(
        default=None,
        description="folder of the viewing copies, where workers share it, or where they are made before they are put "
        "into a bucket; default: in the data folder",
    )
    renditions_s3_endpoint: str | None = Field(
        default=None, description="the same as S3_ENDPOINT, of the viewing copies"
    )
    renditions_s3_region: str = Field(default="us-east-1", description="region of their bucket")
    renditions_s3_bucket: str | None = Field(
        default=None,
        description="bucket for the viewing copies, which workers and nodes share; default: RENDITIONS_FOLDER",
    )
    renditions_s3_prefix: str = Field(
        default="renditions/", description="what the key of each of their files begins with"
    )
    renditions_s3_credentials: Path | None = Field(
        default=None, description="the same as S3_CREDENTIALS, of who puts, reads and deletes viewing copies"
    )
    worker_silence_seconds: float = Field(
        default=30, ge=1, le=600, description="seconds without a beat after which a worker is given up"
    )
    prepare_jobs: int = Field(
        default=1,
        ge=0,
        le=32,
        description="how many recordings are prepared at the same time, and as many encoded beside them; "
        "0 leaves all to `tiezheng work`",
    )
    prepare_timeout_s: int = Field(default=6 * 3600, ge=10, description="seconds after which a decoder is ended")
    prepare_memory_bytes: int = Field(
        default=3 * 1024 * MIB, ge=256 * MIB, description="address space of a decoder, in bytes"
    )
    scrub_days: int = Field(
        default=90, ge=0, description="days within which every sealed object is read again; 0 turns the scrub off"
    )
    scrub_sample: int = Field(default=20, ge=0, description="originals drawn at random and read again each day besides")
    scrub_mib_s: int = Field(default=20, ge=0, description="MiB a second the scrub reads at most; 0 for no limit")
    language: str = Field(
        default="zh-CN", pattern="^(zh-CN|en)$", description="language of pages where a browser asks for none"
    )

    @field_validator("witnesses")
    @classmethod
    def _can_be_read(cls, text: str | None) -> str | None:
        WitnessAddress.parse(text or "")
        return text

    @field_validator("witness_quorum")
    @classmethod
    def _can_be_met(cls, quorum: int, info: ValidationInfo) -> int:
        named = len(WitnessAddress.parse(info.data.get("witnesses") or ""))
        if quorum > named:
            raise ValueError(f"{quorum} of {named} witnesses can never sign")
        return quorum

    @field_validator("authorities", mode="before")
    @classmethod
    def _tables(cls, value: Any) -> Any:
        return read_tables(value)

    @field_validator("name_patterns", mode="before")
    @classmethod
    def _by_maker(cls, value: Any) -> Any:
        """A table by maker or an array of them; JSON, where it comes from the environment."""
        told = json.loads(value) if isinstance(value, str) else value
        return tuple(told.values()) if isinstance(told, dict) else told

    @field_validator("name_patterns")
    @classmethod
    def _patterns(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for pattern in value:
            try:
                groups = re.compile(pattern, re.ASCII).groupindex
            except re.error as error:
                raise ValueError(f"{pattern} is no regular expression: {error}") from error
            if "time" not in groups:
                raise ValueError(f"{pattern} has no group named time")
        return value

    @field_validator("authorities")
    @classmethod
    def _distinct(cls, value: tuple[AuthoritySettings, ...]) -> tuple[AuthoritySettings, ...]:
        if len({authority.name for authority in value}) < len(value):
            raise ValueError("two authorities of one name")
        return value

    @field_validator("embedded_authority")
    @classmethod
    def _is_one_left(cls, embedded: bool, info: ValidationInfo) -> bool:
        if not embedded and not info.data.get("authorities"):
            raise ValueError("without it there has to be another authority")
        return embedded

    @field_validator("tokens_wanted")
    @classmethod
    def _are_there_as_many(cls, wanted: int, info: ValidationInfo) -> int:
        there = len(info.data.get("authorities", ())) + info.data.get("embedded_authority", True)
        if wanted > there:
            raise ValueError(f"{wanted} tokens of {there} authorities cannot be had")
        return wanted

    @property
    def witness_addresses(self) -> tuple[WitnessAddress, ...]:
        """The witnesses that are asked to sign the log."""
        return WitnessAddress.parse(self.witnesses or "")

    @property
    def tls(self) -> bool:
        """Whether people reach the service over TLS."""
        return self.public_url is not None and self.public_url.startswith("https://")

    def renditions(self, data: Path) -> Path:
        """The folder of the viewing copies; with a bucket of those that are being made."""
        return self.renditions_folder or data / "renditions"

    def database_url(self, data: Path) -> str:
        """The catalog's URL: what was set, or SQLite inside the data folder."""
        return self.database or f"sqlite:///{data / 'catalog.sqlite3'}"


def load(file: Path | None = None, environment: Mapping[str, str] | None = None) -> Settings:
    """Read the TOML file, then the environment over it; WrongSettings names whatever does not fit."""
    values: dict[str, Any] = _from_file(file) if file else {}
    for name, value in (os.environ if environment is None else environment).items():
        if name.startswith(PREFIX) and not name.startswith(PREFIX + "TEST_"):
            values[name.removeprefix(PREFIX).lower()] = value
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        raise WrongSettings(f"{name} ({PREFIX}{name.upper()}): {first['msg']}") from error


def _from_file(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise WrongSettings(f"{file}: {error}") from error


def child_environment() -> dict[str, str]:
    """What a child process inherits: enough to run, none of the service's settings."""
    kept = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "SSL_CERT_FILE", "VIRTUAL_ENV", "PYTHONPATH")
    return {name: os.environ[name] for name in kept if name in os.environ}


def language_of_terminal() -> str | None:
    """The language the terminal asks for: LC_ALL, LC_MESSAGES or LANG, as the locale names it."""
    return os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG")
