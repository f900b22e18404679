"""The S3 that the tests rely on keeps what is locked: the ground under every test of a vault on it."""

from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError

from tests.servers.seaweed import Seaweed


def test_a_locked_version_stays(seaweed: Seaweed, bucket: str) -> None:
    client = seaweed.client()
    until = datetime.now(UTC) + timedelta(days=1)
    put = client.put_object(
        Bucket=bucket, Key="one", Body=b"body", ObjectLockMode="COMPLIANCE", ObjectLockRetainUntilDate=until
    )
    with pytest.raises(ClientError, match="AccessDenied"):
        client.delete_object(Bucket=bucket, Key="one", VersionId=put["VersionId"])
    client.delete_object(Bucket=bucket, Key="one")
    read = client.get_object(Bucket=bucket, Key="one", VersionId=put["VersionId"])
    assert read["Body"].read() == b"body"
    client.close()
