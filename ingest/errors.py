"""Every error `ingest` raises.

IngestError                         code
├── InvalidMetadata                 metadata-invalid        `field` says which key
├── RefusedDeclaration              declaration-refused     missing, or not signed by this station over this upload
├── InvalidLength                   upload-length-invalid   missing, negative, not a number, deferred
├── InvalidOffset                   upload-offset-invalid   missing, negative, not a number
├── InvalidChecksum                 checksum-invalid        no SHA-256 in base64
├── UnsupportedVersion              tus-version-unsupported
├── UnsupportedExtension            tus-extension-unsupported
├── WrongContentType                content-type-wrong
├── UploadTooLarge                  upload-too-large        more than is taken, or more than was announced
├── UploadNotFound                  upload-not-found        also another station's
├── UploadGone                      upload-gone             quarantined, terminated or expired
├── UploadFinished                  upload-finished         a finished upload cannot be terminated
├── OffsetConflict                  offset-conflict         ask with HEAD and go on from there
├── UploadBusy                      upload-busy             another connection is writing to it
├── UploadInterrupted               upload-interrupted      the connection ended early
├── UploadStalled                   upload-stalled          no byte came for too long; what came is kept
├── ChecksumMismatch                checksum-mismatch       of one chunk; the offset stays as it was
├── DeclaredDigestMismatch          digest-mismatch         of the whole file; its bytes are in quarantine
├── SpaceExhausted                  space-exhausted
├── QuotaExhausted                  quota-exhausted         of this station
├── IntakePending                   intake-pending          stored durably, not sealed yet: try again later
├── NotInQuarantine                 not-in-quarantine
├── QuarantineDecided               quarantine-decided      another decision was made before
├── ChildFailed                     child-failed            a decoder's own death: counts as an attempt
│   ├── ChildCrashed                child-crashed           ended by a signal, or with another exit code than 0
│   ├── ChildTimedOut               child-timed-out         ran longer than it may, and was ended
│   └── ChildAnswerInvalid          child-answer-invalid    what it answered has another shape than agreed
├── ChildrenStopped                 children-stopped        the service is ending: no attempt, the work is done later
├── EncodingPostponed               encoding-postponed      it takes long: no attempt, it is done in another lane
└── Unplayable                      unplayable              `reason` says why; the seal stands

An error carries no HTTP status; `catalog.problems` maps codes to problems.
"""

from typing import ClassVar


class IngestError(Exception):
    """Base of all; `code` is stable and part of the public face, `str()` is for people."""

    code: ClassVar[str] = "ingest-error"


class InvalidMetadata(IngestError):
    """An Upload-Metadata key or value has the wrong shape; `field` names the key."""

    code = "metadata-invalid"

    def __init__(self, field: str, detail: str) -> None:
        super().__init__(f"{field}: {detail}")
        self.field = field


class RefusedDeclaration(IngestError):
    """A station that has a key signs what it declares, each time; this is not that."""

    code = "declaration-refused"


class InvalidLength(IngestError):
    """Upload-Length must be there, as decimal digits."""

    code = "upload-length-invalid"


class InvalidOffset(IngestError):
    """Upload-Offset must be there, as decimal digits."""

    code = "upload-offset-invalid"


class InvalidChecksum(IngestError):
    """Upload-Checksum is not `sha256` and 32 bytes in base64."""

    code = "checksum-invalid"


class UnsupportedVersion(IngestError):
    """The request speaks another version of tus than 1.0.0, or none."""

    code = "tus-version-unsupported"


class UnsupportedExtension(IngestError):
    """The request asks for a part of tus that this service does not offer."""

    code = "tus-extension-unsupported"


class WrongContentType(IngestError):
    """Bytes of an upload come as application/offset+octet-stream."""

    code = "content-type-wrong"


class UploadTooLarge(IngestError):
    """Larger than this service takes, or more bytes than the upload's length leaves."""

    code = "upload-too-large"


class UploadNotFound(IngestError):
    """No such upload, or none of this station's."""

    code = "upload-not-found"


class UploadGone(IngestError):
    """The upload was quarantined, terminated or given up; nothing can be added."""

    code = "upload-gone"


class UploadFinished(IngestError):
    """All bytes were received: it is evidence now and can no longer be terminated."""

    code = "upload-finished"


class OffsetConflict(IngestError):
    """The request's offset is not where the upload stands."""

    code = "offset-conflict"


class UploadBusy(IngestError):
    """Another connection is writing to this upload."""

    code = "upload-busy"


class UploadStalled(IngestError):
    """The connection brought no byte for too long; what came before is kept."""

    code = "upload-stalled"


class UploadInterrupted(IngestError):
    """The connection ended before the announced body did; what came is kept."""

    code = "upload-interrupted"


class ChecksumMismatch(IngestError):
    """One chunk does not have the checksum sent with it; nothing of it was kept."""

    code = "checksum-mismatch"


class DeclaredDigestMismatch(IngestError):
    """The whole file does not have the digest that was declared; its bytes are kept in quarantine."""

    code = "digest-mismatch"


class SpaceExhausted(IngestError):
    """Taking these bytes would leave less free space than the reserve."""

    code = "space-exhausted"


class QuotaExhausted(IngestError):
    """The station has as much on its way as it may; when some of it is sealed there is room again."""

    code = "quota-exhausted"


class IntakePending(IngestError):
    """The bytes are stored durably and will be sealed, but not within the time the caller could wait."""

    code = "intake-pending"


class NotInQuarantine(IngestError):
    """No upload of this id lies in quarantine."""

    code = "not-in-quarantine"


class QuarantineDecided(IngestError):
    """Somebody decided otherwise before."""

    code = "quarantine-decided"


class ChildFailed(IngestError):
    """A confined child died, hung or answered nonsense: the only thing that counts as an attempt."""

    code = "child-failed"


class ChildCrashed(ChildFailed):
    """A child was ended by a signal, or ended itself with another exit code than 0."""

    code = "child-crashed"


class ChildTimedOut(ChildFailed):
    """A child ran longer than it may, and was ended."""

    code = "child-timed-out"


class ChildAnswerInvalid(ChildFailed):
    """A child answered something of another shape or size than agreed: it may have been taken over."""

    code = "child-answer-invalid"


class ChildrenStopped(IngestError):
    """The service is ending and took its children along: no attempt was made."""

    code = "children-stopped"


class EncodingPostponed(IngestError):
    """The picture has to be encoded anew and that takes long: nothing is wrong with it, and others go first."""

    code = "encoding-postponed"


class Unplayable(IngestError):
    """These bytes cannot be shown; `reason` is a stable code such as `not-media`, `str()` holds code and sentence."""

    code = "unplayable"

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
