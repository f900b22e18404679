"""What codes are called on pages, in the words of the trade. Never decides anything: an unknown code is shown as it is.

The English text is the msgid; 固化, 流转记录 and the others are in the Chinese catalog.
"""

from collections.abc import Mapping

from player.language import gettext
from player.language import marked as _

STAGES = {
    "start": _("Opening"),
    "investigation": _("Investigation and evidence"),
    "decision": _("Review and decision"),
    "service": _("Service and enforcement"),
}
KINDS = {
    "body-camera": _("Body camera"),
    "interview-room": _("Interview room"),
    "hearing-room": _("Hearing room"),
    "voice-recorder": _("Voice recorder"),
    "photo": _("Photo"),
    "phone": _("Phone"),
    "fixed-camera": _("Fixed camera"),
    "import": _("Import from disc"),
    "other": _("Other"),
    "document": _("Document"),
}
MEDIA = {
    "unknown": _("Not yet known"),
    "video": _("Video"),
    "audio": _("Sound"),
    "picture": _("Picture"),
    "text": _("Text"),
}
STATES = {
    "received": _("Received"),
    "quarantined": _("In quarantine"),
    "catalogued": _("Waiting to be prepared"),
    "preparing": _("Being prepared"),
    "ready": _("Playable"),
    "unplayable": _("Not playable"),
}
ROLES = {
    "administrator": _("Administrator"),
    "officer": _("Officer"),
    "supervisor": _("Supervisor"),
    "approver": _("Approver"),
    "reviewer": _("Reviewer"),
}
COPY_ACTIONS = {
    "copy": _("Copy"),
    "release": _("Release to an outside party"),
    "publish": _("Publish online"),
}
RECIPIENT_KINDS = {
    "court": _("Court"),
    "party": _("Person concerned"),
    "agency": _("Another agency"),
    "media": _("Press"),
    "other": _("Other"),
}
SUBJECT_KINDS = {"person": _("Natural person"), "organisation": _("Organisation")}
REQUEST_STATES = {
    "open": _("Waiting for a decision"),
    "approved": _("Approved"),
    "refused": _("Refused"),
    "withdrawn": _("Withdrawn"),
}
GRANT_STATES = {
    "approved": _("Bundle is being made"),
    "ready": _("Ready to fetch"),
    "failed": _("Bundle could not be made"),
    "releasing": _("Partly fetched"),
    "completed": _("Fetched"),
    "expired": _("Expired"),
}
OUTCOMES = {"permitted": _("Permitted"), "refused": _("Refused"), "done": _("Done")}
QUARANTINE_DECISIONS = {
    "keep": _("Keep in quarantine"),
    "seal": _("Seal what was received"),
    "discard": _("Discard"),
}
DOCUMENT_KINDS = {
    "record": _("Interview record"),
    "inspection": _("Inspection record"),
    "filing": _("Case-opening approval form"),
    "notice": _("Notice"),
    "decision": _("Decision"),
    "receipt": _("Proof of service"),
    "other": _("Other"),
}
ACTORS = {"person": _("Person"), "station": _("Station"), "system": _("System"), "stranger": _("Without sign-in")}


def word(table: Mapping[str, str], code: str | None) -> str:
    """The name of a code in the current language; the code itself where the table lacks it."""
    if code is None:
        return "—"
    return gettext(table[code]) if code in table else code
