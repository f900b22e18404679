"""Every error `ingest` raises.

IngestError                         code
├── ChildFailed                     child-failed          a decoder's own death: counts as an attempt
│   ├── ChildCrashed                child-crashed         ended by a signal, or with another exit code than 0
│   ├── ChildTimedOut               child-timed-out       ran longer than it may, and was ended
│   └── ChildAnswerInvalid          child-answer-invalid  what it answered has another shape than agreed
├── ChildrenStopped                 children-stopped      the service is ending: no attempt, the work is done later
└── Unplayable                      unplayable            `reason` says why; the seal stands

An error carries no HTTP status; `catalog.problems` maps codes to problems.
"""

from typing import ClassVar


class IngestError(Exception):
    """Base of all; `code` is stable and part of the public face, `str()` is for people."""

    code: ClassVar[str] = "ingest-error"


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


class Unplayable(IngestError):
    """These bytes cannot be shown; `reason` is a stable code such as `not-media`, `str()` holds code and sentence."""

    code = "unplayable"

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
