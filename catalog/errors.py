"""Every error `catalog` raises.

CatalogError                        code
├── NotFound                        not-found             also what lies outside the person's scope
├── Conflict                        conflict              already exists, or changed meanwhile
├── InvalidInput                    input-invalid         `field` says which
├── Unauthenticated                 sign-in-required
├── WrongCredentials                credentials-wrong
├── TooManyAttempts                 too-many-attempts
├── PasswordMustChange              password-must-change
├── NotPermitted                    not-permitted         no role for this, or another agency
├── PurposeMissing                  purpose-missing
├── ViewEnded                       view-ended            a view is over or belongs to another session
├── ExportNotApproved               export-not-approved
├── SelfApproval                    self-approval
├── GrantSpent                      grant-spent           completed, expired or another person's
├── NotReady                        not-ready             still being prepared
├── SchemaMismatch                  schema-mismatch       tables, indexes or triggers are not as made
├── CatalogUnavailable              catalog-unavailable   the database cannot be reached, is full or stays locked
├── RetentionHolds                  retention-holds       no rule lets this original go
├── RenditionsUnavailable           renditions-unavailable viewing copies cannot be reached; nothing is known to be lost
└── LedgerUnavailable               log-unavailable       no durable head: nothing is permitted
"""

from typing import ClassVar


class CatalogError(Exception):
    """Base of all; `code` is stable and part of the public face, `str()` is for people."""

    code: ClassVar[str] = "catalog-error"


class NotFound(CatalogError):
    """No such thing, or none that this person may know of."""

    code = "not-found"


class Conflict(CatalogError):
    """It already exists, or somebody changed it meanwhile."""

    code = "conflict"


class InvalidInput(CatalogError):
    """A value has the wrong shape; `field` names it."""

    code = "input-invalid"

    def __init__(self, field: str, detail: str) -> None:
        super().__init__(f"{field}: {detail}")
        self.field = field


class Unauthenticated(CatalogError):
    """No session, or one that has ended."""

    code = "sign-in-required"


class WrongCredentials(CatalogError):
    """Login or password is wrong; which of them is never said."""

    code = "credentials-wrong"


class TooManyAttempts(CatalogError):
    """Too many failed sign-ins; try later."""

    code = "too-many-attempts"


class PasswordMustChange(CatalogError):
    """The one-time password lets its holder do one thing: choose another."""

    code = "password-must-change"


class NotPermitted(CatalogError):
    """The person has no role for this here."""

    code = "not-permitted"


class PurposeMissing(CatalogError):
    """Footage is shown only for a stated purpose."""

    code = "purpose-missing"


class ViewEnded(CatalogError):
    """The view has expired, or it belongs to another session."""

    code = "view-ended"


class ExportNotApproved(CatalogError):
    """No copy leaves without an approved request."""

    code = "export-not-approved"


class SelfApproval(CatalogError):
    """A request is approved by another person than its requester."""

    code = "self-approval"


class GrantSpent(CatalogError):
    """The grant's copy was sent, has expired, or is another person's."""

    code = "grant-spent"


class NotReady(CatalogError):
    """Still being prepared; ask again."""

    code = "not-ready"


class SchemaMismatch(CatalogError):
    """The database is not as this version's migrations leave it."""

    code = "schema-mismatch"


class CatalogUnavailable(CatalogError):
    """The database cannot be reached, is full or stays locked; what was not committed is not there."""

    code = "catalog-unavailable"


class RetentionHolds(CatalogError):
    """No rule lets this original go; nothing was removed."""

    code = "retention-holds"


class RenditionsUnavailable(CatalogError):
    """The store of viewing copies cannot be reached or is full; nothing is known to be lost."""

    code = "renditions-unavailable"


class LedgerUnavailable(CatalogError):
    """No durable log head can be had, so nothing is permitted."""

    code = "log-unavailable"
