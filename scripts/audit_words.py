"""The words in which the audit's findings are told to people, by code; those of a verdict are in `verdict_words`.

English here, other languages in the catalogs. The codes are the public face and are never translated, nor are the
details behind them: these name rows, paths and digests for whoever has to look.
"""

from collections.abc import Mapping

from integrity.finding import Finding
from player.language import gettext as _
from player.language import marked
from scripts import verdict_words

FINDINGS: Mapping[str, str] = {
    "anchor-invalid": marked("what came from outside does not hold"),
    "anchor-of-another-log": marked("what came from outside is of another log"),
    "anchor-unreachable": marked("who was to be compared with does not answer"),
    "authority-not-recorded": marked("an authority is trusted that no ledger entry names"),
    "catalogue-damaged": marked("the catalogue cannot be read whole"),
    "check-unfinished": marked("a check could not be finished"),
    "checkpoint-token-differs": marked("a checkpoint's time stamp is another than the one on record"),
    "checkpoint-token-missing": marked("a checkpoint's time stamp that is on record is missing"),
    "checkpoint-token-not-recorded": marked("a checkpoint's time stamp is on no record"),
    "disposal-differs": marked("an order of disposal is other than its ledger entries say"),
    "disposed-bytes-stayed": marked("bytes that were disposed of are still there"),
    "erased-entries-differ": marked("entries that were erased are not those that the tombstone names"),
    "grant-without-approval": marked("a copy was granted without a proven approval"),
    "inventory-arrival-differs": marked("what arrived of an inventory is other than the catalogue says"),
    "inventory-differs": marked("an inventory is other than its ledger entry says"),
    "inventory-item-missing": marked("an item of an inventory is missing"),
    "inventory-signature": marked("a station's signature over its inventory does not hold"),
    "leaf-beyond-log": marked("a leaf is claimed that the log does not have"),
    "leaf-body-missing": marked("what a leaf commits to is missing"),
    "leaf-claimed-twice": marked("one leaf is claimed twice"),
    "leaf-differs": marked("a leaf is not the one that is claimed"),
    "leaf-duplicate": marked("the log has one leaf twice"),
    "leaf-not-claimed": marked("nothing claims a leaf"),
    "leaf-without-body": marked("the log has a leaf that nothing explains"),
    "ledger-body-unreadable": marked("a ledger entry cannot be read"),
    "ledger-columns-differ": marked("a ledger row says other than its sealed body"),
    "ledger-commitment-differs": marked("a ledger entry is not what was committed to"),
    "ledger-entry-missing": marked("a ledger entry was taken out"),
    "ledger-leaf-missing": marked("a ledger entry has no leaf in the log"),
    "ledger-opening-missing": marked("what opens a ledger entry's leaf is missing"),
    "ledger-order-differs": marked("ledger entries are in another order than they were written"),
    "log-checkpoint-ahead": marked("more of the log is published than was signed"),
    "log-checkpoint-behind": marked("the newest head of the log is not published yet"),
    "log-checkpoint-differs": marked("the published checkpoint is another than the signed head"),
    "log-entry-differs": marked("an entry of the log is not under its signed head"),
    "log-entry-unreadable": marked("an entry of the log cannot be read"),
    "log-root-differs": marked("the log's tiles do not lead to its signed head"),
    "log-set-back": marked("others remember more of the log than there is"),
    "log-staging-damaged": marked("what was staged for the log is damaged"),
    "log-succession-broken": marked("a log does not continue the one that ended"),
    "log-tile-differs": marked("a tile of the log is another than the one below the head"),
    "log-tile-missing": marked("a tile of the log is missing"),
    "log-tile-unexpected": marked("a tile does not belong to the log"),
    "log-tile-unreadable": marked("a tile of the log cannot be read"),
    "manifest-differs": marked("a manifest is other than the catalogue says"),
    "manifest-invalid": marked("a sealed manifest does not hold"),
    "manifest-second": marked("one digest has a second manifest that nothing explains"),
    "opening-not-erased": marked("a tombstone's salts are still there"),
    "original-differs": marked("an original is other than the catalogue says"),
    "original-not-recorded": marked("an original is in no ledger entry"),
    "outbox-differs": marked("what waits for a leaf is other than its entry"),
    "outbox-overdue": marked("an entry has waited too long for its leaf"),
    "part-not-joined": marked("an original belongs to a recording that no entry joined it to"),
    "quarantine-differs": marked("a file in quarantine was changed"),
    "quarantine-missing": marked("a file in quarantine is missing"),
    "receipted-recording-missing": marked("a recording that has a receipt is missing"),
    "recording-without-original": marked("a recording has no original"),
    "rendition-differs": marked("a playable copy was changed"),
    "rendition-missing": marked("a playable copy is missing"),
    "rendition-not-signed": marked("a playable copy is not signed by its maker"),
    "rendition-of-another": marked("a playable copy was made of other bytes than this recording's"),
    "quality-not-signed": marked("a remark on quality is not what the maker signed"),
    "rendition-not-recorded": marked("a playable copy is on no record"),
    "rendition-stayed": marked("a playable copy stayed after the disposal"),
    "rendition-unreadable": marked("a playable copy cannot be read"),
    "request-differs": marked("a request is other than its ledger entry says"),
    "revocations-differ": marked("a revocation list is other than the one on record"),
    "row-malformed": marked("a row holds what no version writes"),
    "schema-mismatch": marked("the database's tables, indexes or triggers are not those of this version"),
    "self-approval": marked("one person asked and decided"),
    "spool-unreadable": marked("the spool cannot be read"),
    "statement-differs": marked("a statement is other than the one that was sealed"),
    "token-differs": marked("a time stamp is another than the one on record"),
    "token-not-recorded": marked("a time stamp is on no record"),
    "tombstone-missing": marked("something was disposed of without a tombstone"),
    "trust-differs": marked("trust.json names other keys than this installation has"),
    "trust-invalid": marked("trust.json cannot be read"),
    "vault-delete-marker": marked("somebody deleted an object; its versions stay"),
    "vault-hold-missing": marked("an object that is held has no hold in the store"),
    "vault-lock-late": marked("an object's lock was not renewed in time"),
    "vault-lock-short": marked("an object's lock ends too early"),
    "vault-lock-unreadable": marked("an object's lock cannot be asked for"),
    "vault-object-differs": marked("an object in the vault was changed"),
    "vault-object-missing": marked("an object is missing in the vault"),
    "vault-object-unclaimed": marked("an object in the vault belongs to nothing"),
    "vault-object-unreadable": marked("an object in the vault cannot be read"),
    "vault-overwritten": marked("other bytes were laid over an object"),
    "vault-stray": marked("something lies in the vault that is no object"),
    "vault-unknown": marked("an object should lie in a vault that there is not"),
    "vault-unlisted": marked("a vault cannot be listed"),
    "vault-unprotected": marked("a store does not keep what it must"),
}
"""What a finding's code means."""

ENDINGS: Mapping[str, str] = {
    "-not-recorded": marked("a row that no ledger entry made"),
    "-missing": marked("what a ledger entry tells of is missing"),
    "-differs": marked("a row is other than its ledger entry says"),
}
"""The same for codes that name one of many tables, by how they end."""

CHECKS: Mapping[str, str] = {
    "catalogue": marked("catalogue"),
    "checkpoints": marked("stamped checkpoints"),
    "disposals": marked("disposals"),
    "grants": marked("grants"),
    "inventories": marked("inventories"),
    "leaves": marked("leaves and what they commit to"),
    "ledger": marked("ledger"),
    "locks": marked("locks of the store"),
    "log": marked("log"),
    "originals": marked("originals and their seals"),
    "quarantine": marked("quarantine"),
    "receipts": marked("receipts"),
    "records": marked("rows and their entries"),
    "references": marked("references"),
    "renditions": marked("viewing copies"),
    "renewals": marked("renewals"),
    "revocations": marked("revocation data"),
    "rights": marked("roles and rights"),
    "schema": marked("tables and triggers"),
    "shapes": marked("shapes of rows"),
    "trust": marked("trust.json"),
    "uploads": marked("uploads and statements"),
    "vault": marked("bytes in vault"),
}
"""What a check is called while it runs, by the first word of its name; the rest says which vault or log."""

COUNTS: Mapping[str, str] = {
    "checkpoint_tokens": marked("time stamps of checkpoints"),
    "leaves": marked("leaves"),
    "ledger": marked("ledger entries"),
    "objects": marked("objects in vaults"),
    "objects_read": marked("of them read to the last byte"),
    "originals": marked("originals"),
    "receipts": marked("receipts"),
    "recordings": marked("recordings"),
    "renditions": marked("files of viewing copies"),
    "tokens": marked("time stamps"),
}
"""What was looked at, by what the report calls it."""


def of_check(name: str) -> str:
    """A check's name in the reader's language; what is from outside is called as it was given."""
    first, space, rest = name.partition(" ")
    return f"{_(CHECKS[first])}{space}{rest}" if first in CHECKS else name


def of_count(name: str) -> str:
    """What was counted, in the reader's language."""
    return _(COUNTS[name]) if name in COUNTS else name


def meaning(finding: Finding) -> str:
    """In the reader's language; nothing for a code without words, such as one of a newer version."""
    words = FINDINGS.get(finding.code) or verdict_words.FINDINGS.get(finding.code)
    if words is None:
        words = next((said for ending, said in ENDINGS.items() if finding.code.endswith(ending)), None)
    return "" if words is None else _(words)
