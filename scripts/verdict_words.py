"""The words in which a verdict is told to people: steps, findings by code, and how far the evidence stands.

English here, other languages in the catalogs; the codes are the public face and are never translated.
"""

from collections.abc import Mapping

from integrity.finding import Assurance
from player.language import marked

STEPS: tuple[str, ...] = (
    marked("the file can be read"),
    marked("the seal can be read"),
    marked("the seal holds nothing unknown"),
    marked("the manifest is about this file"),
    marked("the station signed what it declared"),
    marked("the time stamps were renewed"),
    marked("an authority stamped the file"),
    marked("an authority stamped the manifest"),
    marked("an authority stamped the log's checkpoint"),
    marked("the manifest is in the log"),
    marked("the receipt is about this file"),
    marked("the bundle can be read"),
    marked("the bundle's version is known"),
    marked("every file is as listed, and none is missing or added"),
    marked("an authority stamped the bundle as a whole"),
    marked("each payload file has a manifest about it"),
    marked("each viewing copy is derived, and its maker signed of what"),
    marked("the originals themselves are here"),
    marked("an authority stamped each payload file and its manifest"),
    marked("each manifest is in the log"),
    marked("custody is in the log"),
    marked("this copy was approved"),
    marked("this copy was released"),
    marked("what it was judged by came from outside"),
)
"""Names of steps, as `integrity` gives them."""

FINDINGS: Mapping[str, str] = {
    "approval-differs": marked("the approval says other than its ledger entry, or is of another copy"),
    "approval-malformed": marked("the approval cannot be read"),
    "approval-not-in-custody": marked("custody does not end with this approval"),
    "bundle-unreadable": marked("this cannot be read as a bundle or seal"),
    "certificate-malformed": marked("a certificate cannot be read"),
    "certificate-not-trusted": marked("a certificate came along that you do not trust"),
    "checkpoint-differs": marked("the checkpoint is not the one that the proof leads to"),
    "checkpoint-malformed": marked("a checkpoint cannot be read"),
    "checkpoint-missing": marked("the checkpoint is missing"),
    "checkpoint-signature": marked("a checkpoint is not signed by the log's key"),
    "copy-differs": marked("a viewing copy is not one that its maker signed"),
    "copy-missing": marked("a viewing copy that was approved is missing"),
    "copy-of-another": marked("a viewing copy was made of something else than its original"),
    "custody-malformed": marked("custody cannot be read"),
    "custody-repeated": marked("custody has an entry twice"),
    "declaration-differs": marked("what the station declared is not what was sealed"),
    "declaration-malformed": marked("what the station declared cannot be read"),
    "declaration-signature": marked("what the station declared is not signed by its key"),
    "file-changed": marked("a file was changed"),
    "file-differs": marked("the file is not the one that was sealed"),
    "file-malformed": marked("a list of files cannot be read"),
    "file-missing": marked("a file is missing"),
    "file-unexpected": marked("a file does not belong there"),
    "file-unreadable": marked("a file cannot be read"),
    "kind-differs": marked("a file lies where its kind does not belong"),
    "log-forked": marked("the log shows two faces"),
    "log-key-revoked": marked("signed by a revoked key of the log, and not proven to be older"),
    "log-not-trusted": marked("a log that you do not trust"),
    "manifest-malformed": marked("a sealed manifest cannot be read"),
    "manifest-missing": marked("a sealed manifest is missing"),
    "name-differs": marked("a file is named other than it was sealed"),
    "name-repeated": marked("two files would land in one place"),
    "name-unsafe": marked("a file name that could do harm"),
    "not-a-file": marked("a link, pipe or device instead of a file"),
    "not-checked": marked("something could not be checked"),
    "original-absent": marked("only a derived copy of it is here, not the original"),
    "payload-missing": marked("there is no recording or document that could be checked"),
    "payload-size": marked("number or size of the files is not as stated"),
    "proof-invalid": marked("the log's proof does not hold"),
    "proof-malformed": marked("the log's proof cannot be read"),
    "proof-missing": marked("the log's proof is missing"),
    "provenance-maker": marked("the maker of a viewing copy is on no record"),
    "provenance-malformed": marked("the provenance of a viewing copy cannot be read"),
    "provenance-missing": marked("the provenance of a viewing copy is missing"),
    "provenance-signature": marked("the provenance of a viewing copy is not signed by its maker"),
    "receipt-invalid": marked("the receipt does not hold"),
    "release-differs": marked("the release is of another copy"),
    "release-malformed": marked("the release cannot be read"),
    "renewal-before-token": marked("a renewal is older than what it renews"),
    "renewal-differs": marked("a renewal covers other bytes than those that are there"),
    "renewal-incomplete": marked("a renewal covers something that did not come along"),
    "renewal-malformed": marked("a renewal cannot be read"),
    "renewal-missing": marked("a renewal, or a part of one, is missing"),
    "renewal-too-late": marked("a renewal came after the certificate had ended"),
    "revocations-malformed": marked("a revocation list or OCSP response cannot be read"),
    "revocations-not-trusted": marked("a revocation list or OCSP response of somebody you do not trust"),
    "sm3-differs": marked("a file has another SM3 than was sealed or listed"),
    "token-algorithm": marked("a time stamp is made by an algorithm that is not accepted"),
    "token-before-receipt": marked("a time stamp is older than what it stamps"),
    "token-certificate-expired": marked("a time stamp was made outside its certificate's time"),
    "token-certificate-revoked": marked("a time stamp's certificate was revoked"),
    "token-chain": marked("a time stamp of an authority that you do not trust"),
    "token-from-future": marked("a time stamp from the future"),
    "token-imprint-algorithm": marked("a time stamp is not over a SHA-256"),
    "token-imprint-differs": marked("a time stamp is over other bytes"),
    "token-malformed": marked("a time stamp cannot be read"),
    "token-missing": marked("a time stamp is missing"),
    "token-not-granted": marked("the authority refused the time stamp"),
    "token-outlived-certificate": marked("a time stamp's certificate has ended, and nothing proves the stamp is older"),
    "token-purpose": marked("a time stamp's certificate is not for time stamps"),
    "token-signature": marked("a time stamp's signature does not hold"),
    "token-signer-differs": marked("a time stamp names another certificate"),
    "trust-not-supplied": marked("nothing from outside was given to judge it by"),
    "version-unknown": marked("a version that is not known here"),
    "witness-from-future": marked("a witness's signature from the future"),
    "witness-signature": marked("a witness's signature does not hold"),
    "witnesses-missing": marked("fewer witnesses than you ask for"),
}
"""What a finding's code means."""

ASSURANCE: Mapping[Assurance, str] = {
    Assurance.SELF_ASSERTED: marked(
        "It stands as far as the operator of this installation is believed: order and time are the installation's own."
    ),
    Assurance.RECEIPTED: marked(
        "A signed receipt names these bytes: the operator cannot deny having had them before its checkpoint."
    ),
    Assurance.WITNESSED: marked("Independent witnesses signed the log: its past cannot be rewritten unseen."),
    Assurance.EXTERNAL_AUTHORITY: marked(
        "A qualified time-stamping authority dated it: the time does not depend on the operator."
    ),
}
"""What each assurance says."""

NOT_QUALIFIED = marked(
    "The time-stamping authority is not a qualified authority: its stamps show order inside the installation and prove "
    "nothing against its operator."
)
DERIVED = marked(
    "A viewing copy is derived and no original: that it shows what its original shows is its maker's word, and no time "
    "stamp or log proof of the original speaks for it."
)
DECLARED = marked(
    "Times, device and persons of a recording are declared by who uploaded it; the hash starts at the dock, not in the "
    "camera."
)
