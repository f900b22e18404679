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
QUALITY = {  # what is wrong with a recording to look at or to hear
    "black": _("Black picture"),
    "covered": _("Lens covered, or nothing to be seen"),
    "frozen": _("Picture stands still"),
    "blurred": _("Picture blurred"),
    "no-sound": _("No sound track"),
    "silent": _("Silence"),
    "clipped": _("Sound overdriven"),
}
STATES = {
    "received": _("Received"),
    "quarantined": _("In quarantine"),
    "catalogued": _("Waiting to be prepared"),
    "preparing": _("Being prepared"),
    "ready": _("Viewable"),
    "unplayable": _("Not playable"),
}
ROLES = {
    "administrator": _("Administrator"),
    "officer": _("Officer"),
    "supervisor": _("Supervisor"),
    "approver": _("Approver"),
    "reviewer": _("Reviewer"),
}
ROLE_NOTES = {
    "administrator": _("manages people, stations and agencies; never views footage"),
    "officer": _("opens cases, files documents, links recordings, views, asks for copies"),
    "supervisor": _("views for a stated purpose, reads the ledger"),
    "approver": _("decides requests for copies"),
    "reviewer": _("views, reads the ledger, downloads seals"),
}
COPY_ACTIONS = {
    "copy": _("Copy"),
    "release": _("Release to an outside party"),
    "publish": _("Publish online"),
}
EXTENTS = {
    "originals": _("The original"),
    "both": _("The original and its viewing copy"),
    "copies": _("The viewing copy only"),
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
OUTCOMES = {"permitted": _("Permitted"), "refused": _("Not permitted"), "done": _("Done")}
AUTHORITIES = {"embedded": _("Embedded authority")}
STANDINGS = {  # how a witness stands to the log
    "cosigned": _("signs"),
    "ahead": _("objects: it signed more leaves than the log has now"),
    "refused": _("objects: it has seen another log than this"),
    "not-watching": _("does not watch this log"),
    "away": _("does not answer"),
    "not-asked": _("not asked yet"),
}
WITNESS_ALARMS = {
    "witness-objects": _(
        "A witness objects: this log is not the one it signed. Stop, and find out what was restored or changed."
    ),
    "witnesses-missing": _(
        "Fewer witnesses sign than others were told: proofs made now are found wanting until more of them do."
    ),
    "witness-away": _("A witness does not sign. Nothing stops for that; what is made now is witnessed later."),
}
PROTECTION = {  # what a vault says of itself
    "S3 Object Lock, COMPLIANCE: the store refuses to remove a version before its time": _(
        "The store refuses to remove a sealed version before its time is over (S3 Object Lock, COMPLIANCE)."
    ),
    "chattr +i: the kernel refuses every change until root clears the flag": _(
        "The kernel refuses every change to a sealed file until the machine's root takes its flag away (chattr +i)."
    ),
}
HOLES = {  # what a decoder could do that a file took over
    "read-file": _("read any file of the service"),
    "write-file": _("change any file of the service"),
    "make-file": _("make files outside its folder"),
    "list-folder": _("list folders"),
    "change-mode": _("change who may read a file"),
    "remove-file": _("remove files of the service"),
    "connect-network": _("reach the network"),
    "connect-machine": _("reach other services of this machine"),
    "signal-process": _("end the service"),
    "read-process": _("look into other processes"),
    "start-process": _("start processes"),
    "hoard-memory": _("take memory beyond its limit"),
    "gain-privileges": _("gain privileges"),
}
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
DECISIONS = {
    **{code: REQUEST_STATES[code] for code in ("approved", "refused")},
    **QUARANTINE_DECISIONS,
}
IMPORTANCE = {"ordinary": _("Ordinary"), "major": _("Major")}
RULE_KINDS = {"any": _("Any kind")} | {code: name for code, name in KINDS.items() if code != "document"}
RULE_STAGES = {"any": _("Any stage"), "unlinked": _("Never linked to a case")} | STAGES
RULE_IMPORTANCE = {"any": _("Any importance")} | IMPORTANCE
DISPOSAL_STATES = {
    "asked": _("Asked for"),
    "kept": _("Kept after all"),
    "tombstone": _("Tombstone written"),
    "erased": _("Record closed, bytes still there"),
    "removing": _("Bytes being removed"),
    "waiting": _("Waits for the machine's administrator"),
    "done": _("Disposed of"),
}
KEEPS = {
    "unknown": _("there is no such recording"),
    "disposed": _("disposed of already"),
    "unexpired": _("its time is not over"),
    "held": _("held"),
    "linked": _("linked to a case"),
    "requested": _("a copy is asked for"),
    "preparing": _("being prepared"),
    "joined": _("joined to another recording"),
}
FACT_SOURCES = {
    "gpmf": _("GoPro telemetry (GPMF)"),
    "quicktime": _("QuickTime header"),
    "novatek": _("Novatek telemetry"),
    "exif": _("EXIF"),
    "nmea": _("NMEA sentences"),
    "gpx": _("GPX track"),
    "filename": _("File name"),
}
CAMERA_MARKS = {
    "highlight": _("Button of the camera"),
    "chapter": _("Chapter of the file"),
}
OFFERED_MARKS = (_("Badge shown"), _("Rights told"), _("Signing"), _("Arrival"), _("Departure"))
"""What officers mark most; they may write anything else."""
ABSENCES = {
    "no-power": _("No power"),
    "fault": _("Fault of the device"),
    "not-switched-on": _("Not switched on"),
    "lost": _("Lost or damaged"),
    "other": _("Other"),
}
ABSENCE_DECISIONS = {"confirmed": _("Confirmed"), "rejected": _("Rejected")}
JOBS = {
    "seal": _("Sealing"),
    "prepare": _("Making viewing copies"),
    "transcode": _("Encoding viewing copies"),
    "bundle": _("Making bundles"),
    "copy": _("Copying to further vaults"),
    "lock": _("Renewing locks"),
    "dispose": _("Carrying out disposals"),
    "scrub": _("Reading sealed bytes again"),
    "renew": _("Renewing time stamps"),
    "revocations": _("Fetching revocation lists"),
}
EXPECTED = {
    "missing": _("Recorded and not here"),
    "late": _("Over the limit"),
    "explained": _("Will never come"),
}
SUBJECTS = {
    "inventory": _("Inventory"),
    "inventory-item": _("File on a device"),
    "interruption": _("Interruption"),
    "absence": _("No footage"),
    "rule": _("Retention rule"),
    "hold": _("Hold"),
    "disposal": _("Order of disposal"),
    "scrub": _("Scrub"),
    "recording": _("Recording"),
    "document": _("Document"),
    "case": _("Case"),
    "request": _("Request"),
    "grant": _("Grant"),
    "upload": _("Upload"),
    "original": _("Original"),
    "person": _("Person"),
    "station": _("Station"),
    "agency": _("Agency"),
    "post": _("Post"),
    "holding": _("Holder of a post"),
    "role": _("Role"),
    "link": _("Link"),
    "view": _("View"),
    "ledger": _("Ledger"),
    "log": _("Transparency log"),
    "service": _("Service"),
    "authority": _("Timestamp authority"),
    "rendition-key": _("Key for viewing copies"),
}
ACTIONS = {
    "catalogue": _("Sealed and catalogued"),
    "upload-repeated": _("Same bytes uploaded again"),
    "upload-terminated": _("Upload given up"),
    "token-added": _("Time token added"),
    "token-renewed": _("Time tokens renewed"),
    "revocations-kept": _("Revocation list or OCSP response kept"),
    "checkpoint-stamped": _("Log checkpoint stamped"),
    "log-recovered": _("Log continued after a restore"),
    "log-key-changed": _("Key of the log replaced"),
    "rendition-key": _("Key for viewing copies put on record"),
    "trust-authority": _("Timestamp authority trusted"),
    "prepare": _("Viewing copy made"),
    "unplayable": _("No viewing copy possible"),
    "prepare-again": _("To be prepared anew"),
    "quarantine": _("Put into quarantine"),
    "quarantine-decide": _("Quarantine decided"),
    "quarantine-release": _("Let out of quarantine"),
    "open-case": _("Case opened"),
    "case-stage": _("Stage of the case set"),
    "add-subject": _("Person concerned named"),
    "file-document": _("Document filed"),
    "link": _("Linked to a case"),
    "unlink": _("Link ended"),
    "mark": _("Mark set"),
    "join": _("Segments joined"),
    "separate": _("Segments taken apart"),
    "see": _("Facts read"),
    "view": _("Viewing"),
    "read-ledger": _("Ledger read"),
    "download-seal": _("Seal downloaded"),
    "request": _("Copy asked for"),
    "withdraw": _("Request withdrawn"),
    "decide": _("Copy decided"),
    "bundle": _("Bundle made"),
    "bundle-failed": _("Bundle could not be made"),
    "release": _("Bundle released"),
    "release-resumed": _("Fetching went on"),
    "release-completed": _("Bundle fetched to its end"),
    "grant-expired": _("Grant expired"),
    "dispose": _("Disposal"),
    "case-importance": _("Importance of the case set"),
    "retention-rule": _("Retention rule made"),
    "retention-rule-ended": _("Retention rule ended"),
    "hold": _("Hold placed"),
    "hold-released": _("Hold released"),
    "request-disposal": _("Disposal asked for"),
    "decide-disposal": _("Disposal decided"),
    "withdraw-disposal": _("Request for disposal withdrawn"),
    "disposal-kept": _("Kept after all"),
    "disposed": _("Disposal carried out"),
    "scrub": _("Sealed bytes read again"),
    "sign-in": _("Sign-in"),
    "sign-out": _("Sign-out"),
    "session-token": _("Form of another session"),
    "password": _("Password changed"),
    "add-person": _("Person added"),
    "reset-password": _("One-time password issued"),
    "disable-person": _("Account shut"),
    "role": _("Role given"),
    "role-ended": _("Role taken back"),
    "add-agency": _("Agency founded"),
    "relate-agency": _("Relations of an agency set"),
    "add-post": _("Post set up"),
    "hold-post": _("Put into a post"),
    "leave-post": _("Left a post"),
    "route-approval": _("Route of approvals set"),
    "inventory": _("Inventory of a device taken in"),
    "interruption": _("Interruption stated"),
    "interruption-noted": _("Record of an interruption named"),
    "no-footage": _("Lack of footage stated"),
    "decide-no-footage": _("Lack of footage decided"),
    "explain-missing": _("Missing footage explained"),
    "arrival-limit": _("Limit for arrivals set"),
    "enrol-station": _("Station enrolled"),
    "invite-station": _("Code made for a station"),
    "station-key": _("Station enrolled by its own key"),
    "station-token": _("Station's token changed"),
    "revoke-station": _("Station shut out"),
    "end-station-token": _("Station's token ended"),
    "manage": _("Administration"),
    "oversee": _("Oversight"),
}
ACTORS = {"person": _("Person"), "station": _("Station"), "system": _("System"), "stranger": _("Without sign-in")}


def offered_marks() -> list[str]:
    """What officers mark most, in the current language."""
    return [gettext(name) for name in OFFERED_MARKS]


def word(table: Mapping[str, str], code: str | None) -> str:
    """The name of a code in the current language; the code itself where the table lacks it."""
    if code is None:
        return "—"
    return gettext(table[code]) if code in table else code
