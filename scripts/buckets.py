"""Buckets by the settings: those whose names begin with `<what>s3_`, such as `replica_s3_bucket`.

Credentials are files of their own, 0600 and ours, never settings.
"""

import json
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scripts.settings import PREFIX, Settings, WrongSettings

if TYPE_CHECKING:
    from integrity.s3 import Bucket, Credentials


class Buckets:
    """One bucket, by whichever of its credentials is asked for; WrongSettings names what is missing or does not fit."""

    def __init__(self, settings: Settings, prefix: str) -> None:
        self._settings = settings
        self._prefix = prefix
        for what in ("bucket", "credentials"):
            if self._chosen(what) is None:
                lacking = f"{prefix}s3_{what}"
                raise WrongSettings(f"{lacking} ({PREFIX}{lacking.upper()}): needed for what is kept in S3")

    def reach(self) -> "Bucket":
        """The bucket as whoever puts and reads reaches it."""
        return self._reached("credentials", self._chosen("credentials"))

    def reach_as(self, who: str) -> "Bucket | None":
        """The same for another of its credentials; None where that one is not set."""
        path = self._chosen(who)
        return None if path is None else self._reached(who, path)

    def _reached(self, who: str, path: Path) -> "Bucket":
        # Imported here: what boto3 costs at the start, nobody pays who keeps files.
        from integrity.s3 import Bucket, Place

        chosen = {name: self._chosen(name) for name in ("bucket", "endpoint", "region", "prefix")}
        try:
            return Bucket(Place(**chosen), _credentials(f"{self._prefix}s3_{who}", path))
        except ValueError as error:  # what the library makes of an address that is none
            setting = f"{self._prefix}s3_endpoint"
            raise WrongSettings(f"{setting} ({PREFIX}{setting.upper()}): {error}") from error

    def _chosen(self, what: str) -> Any:
        return getattr(self._settings, f"{self._prefix}s3_{what}")


def _credentials(setting: str, path: Path) -> "Credentials":
    """The key in a JSON file that only its owner, who runs this, may read."""
    from integrity.s3 import Credentials

    try:
        found = path.stat()
        if stat.S_IMODE(found.st_mode) & 0o077 or found.st_uid != os.geteuid():
            raise WrongSettings(f"{setting}: {path} must belong to this user, with mode 0600")
        keys = json.loads(path.read_text(encoding="utf-8"))
        return Credentials(str(keys["access_key"]), str(keys["secret_key"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise WrongSettings(f"{setting}: {path}: no JSON object with access_key and secret_key") from error
