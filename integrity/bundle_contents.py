"""What a bundle is made of, before a byte of it is written; `integrity.bundle` writes it, the catalogue gathers it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import BinaryIO

from integrity.canonical import Json, canonical
from integrity.custody import CustodyEntry
from integrity.proof_files import MANIFEST

APPROVAL_FORMAT = "tiezheng-approval-v1"


@dataclass(frozen=True, slots=True)
class BundleFile:
    """One payload file: how to open the bytes at offset 0, and its proofs by name (`integrity.proof_files`)."""

    open: Callable[[], BinaryIO]
    proofs: Mapping[str, bytes]

    @property
    def manifest(self) -> bytes:
        """The sealed statement, which has the file's declared name."""
        return self.proofs[MANIFEST]


@dataclass(frozen=True, slots=True)
class BundleCopy:
    """One viewing copy: how to open it, and its provenance, its maker's signature, and who its maker is.

    `maker` is the opened ledger entry that put the maker's key on record.
    """

    open: Callable[[], BinaryIO]
    provenance: bytes
    signature: bytes
    maker: CustodyEntry


@dataclass(frozen=True, slots=True)
class BundleApproval:
    """Who asked for the copy and who let it go, as canonical JSON can hold it; `entry` is the approval's commitment."""

    request: Mapping[str, Json]
    approval: Mapping[str, Json]
    grant: Mapping[str, Json]
    entry: bytes

    def encode(self) -> bytes:
        """`approval.json`."""
        return canonical(
            {
                "format": APPROVAL_FORMAT,
                "request": self.request,
                "approval": self.approval,
                "grant": self.grant,
                "entry": self.entry.hex(),
            }
        )


@dataclass(frozen=True, slots=True)
class BundleContents:
    """All that goes into a bundle. Custody is in the ledger's order and ends with the approval.

    `authorities` are files by name, as `integrity.proof_files` makes them. `absent` are the proofs of originals of
    which only a copy goes along: their seals are in the bundle, their bytes are not.
    """

    grant: str
    organisation: str
    made_on: date
    originals: Sequence[BundleFile]
    documents: Sequence[BundleFile]
    authorities: Mapping[str, bytes]
    checkpoint: bytes
    custody: Sequence[CustodyEntry]
    approval: BundleApproval
    checkpoint_token: bytes | None = None
    """The RFC 3161 response over `checkpoint` as the log signed it, where there is one."""
    copies: Sequence[BundleCopy] = ()
    absent: Sequence[Mapping[str, bytes]] = ()
