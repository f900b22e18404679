"""What a page says when something was refused: one sentence for each stable code, in the reader's language.

The codes and their HTTP status are the catalog's. Details that the catalog gives in English are translated where
they are known, and shown as they are where not. Never tells more than the error itself does.
"""

import re

from player.language import gettext
from player.language import marked as _

SENTENCES = {
    "not-found": _("There is no such thing here, or it is not yours to see."),
    "conflict": _("It is there already, or somebody changed it meanwhile."),
    "input-invalid": _("Something in the form does not fit."),
    "sign-in-required": _("Sign in first."),
    "credentials-wrong": _("Account or password is wrong."),
    "too-many-attempts": _("Too many failed sign-ins. Try again later."),
    "password-must-change": _("Choose a password of your own first."),
    "not-permitted": _("Your role does not allow this. The attempt is on record."),
    "purpose-missing": _("Say for what purpose you view it; without one nothing is shown. The attempt is on record."),
    "view-ended": _("This view is over, or it belongs to another session. State a purpose again to go on."),
    "export-not-approved": _("No copy leaves without an approval. The attempt is on record."),
    "self-approval": _("Nobody decides a request of their own. The attempt is on record."),
    "grant-spent": _("This copy was fetched, has expired, or is for another person. The attempt is on record."),
    "not-ready": _("It is still being prepared. Try again shortly."),
    "log-unavailable": _("The log cannot be written at the moment, so nothing is permitted. Try again shortly."),
    "catalog-unavailable": _("The catalogue cannot be reached at the moment. Try again shortly."),
    "upload-too-large": _("The file is larger than is taken here."),
    "upload-length-invalid": _("The file did not arrive whole. Send it again."),
    "space-exhausted": _("There is no room for this file. Tell your administrator."),
    "intake-pending": _("The file is stored; its seal is still being made. Look again shortly."),
    "not-in-quarantine": _("This upload is not in quarantine any more."),
    "quarantine-decided": _("Another decision about this upload was made before."),
    "vault-missing": _("The sealed bytes are not where they should be. Tell your administrator at once."),
    "renditions-unavailable": _("The viewing copies cannot be reached at the moment. Try again shortly."),
    "vault-unavailable": _("The vault cannot be reached at the moment. Try again shortly."),
    "internal": _("Something went wrong on our side. Nothing was permitted by it."),
}  # fmt: skip

FIELDS = {
    "number": _("Case number"),
    "title": _("Title"),
    "name": _("Name"),
    "login": _("Account"),
    "password": _("Password"),
    "purpose": _("Purpose"),
    "reason": _("Reason"),
    "recipient": _("Recipient"),
    "legal_basis": _("Legal basis"),
    "recordings": _("Recordings"),
    "extent": _("Of each recording"),
    "file": _("File"),
    "code": _("Code"),
    "stage": _("Stage"),
    "kind": _("Kind"),
    "hours": _("Hours"),
}

_PROBLEMS = {
    r"must not be empty": _("must not be empty"),
    r"a decision needs its reason": _("must not be empty"),
    r"no file was chosen": _("no file was chosen"),
    r"takes at most (\d+) characters": _("takes at most %(first)s characters"),
    r"needs (\d+) to (\d+) characters": _("needs %(first)s to %(second)s characters"),
    r"repeats too few characters": _("repeats too few characters"),
    r"is little more than the login": _("is little more than the account"),
    r"the two do not agree": _("the two do not agree"),
    r"takes letters, digits and . _ - @ only": _("takes letters, digits and . _ - @ only"),
    r"holds characters that are no text": _("holds characters that are no text"),
    r"takes (\d+) to (\d+)": _("takes %(first)s to %(second)s"),
    r"not every recording has a viewing copy of all its parts": _(
        "not every recording has a viewing copy of all its parts; ask for the original"
    ),
    r"takes (\d+) to (\d+) different recordings": _("choose %(first)s to %(second)s of them"),
}


def sentence(code: str) -> str:
    """What to tell a person of this code; the code itself where none is known."""
    return gettext(SENTENCES[code]) if code in SENTENCES else code


def said(error: Exception) -> str:
    """The error in the reader's language; for a field that does not fit, which one and how."""
    code = str(getattr(error, "code", "internal"))
    field = getattr(error, "field", None)
    if not isinstance(field, str):
        return sentence(code)
    name = gettext(FIELDS[field]) if field in FIELDS else field
    return f"{name}: {_problem(str(error).removeprefix(f'{field}: '))}"


def _problem(detail: str) -> str:
    for pattern, message in _PROBLEMS.items():
        if match := re.fullmatch(pattern, detail):
            holes = dict(zip(("first", "second"), match.groups(), strict=False))
            return gettext(message) % holes if holes else gettext(message)
    return detail
