"""Time stamps in `verify.html`: several of them, longer chains and renewals, side by side with `tiezheng verify`."""

from collections.abc import Callable
from datetime import datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from integrity.digest import Digest
from integrity.finding import Assurance
from integrity.verify import verify_bundle
from tests.browser.reader import Opened, Reader, opened, reader, specimen
from tests.fakes import certificates
from tests.fakes.certificates import YEAR, Forgery, Issued
from tests.integrity.renewed_bundle import PREFIX, RenewedBundle
from tests.integrity.zoo import Files
from tests.integrity.zoo.specimen import Specimen, edited, write_folder

__all__ = ["opened", "reader", "specimen"]

pytestmark = pytest.mark.xdist_group("browser")


def test_a_second_token_is_judged(reader: Reader, specimen: Specimen) -> None:
    digest = Digest.of(specimen.video.body)
    second = f"proofs/{digest}.original.2.tsr"
    for content, verdict in (
        (specimen.evidence.stamp(digest), ("verified", set())),
        (specimen.second.tokens["original"], ("refused", {"token-imprint-differs"})),
        (specimen.other.stamp(digest), ("refused", {"token-chain"})),
    ):
        files = specimen.bundle | {second: content}
        specimen.relisted(files)
        assert reader.judges(files) == verdict
    files = specimen.bundle | {f"proofs/{digest}.original.3.tsr": specimen.evidence.stamp(digest)}
    specimen.relisted(files)
    assert reader.judges(files) == ("refused", {"token-missing"}), "a gap in their numbers"


def test_a_longer_chain_is_followed_as_verify_follows_it(reader: Reader, specimen: Specimen) -> None:
    """Through an issuer that came along; one with terms the page does not know is left to verify, one that may not
    issue is none."""
    root, digest, at = specimen.credentials[0], Digest.of(specimen.video.body), specimen.evidence.clock.now()
    policies = x509.CertificatePolicies([x509.PolicyInformation(x509.ObjectIdentifier("2.5.29.32.0"), None)])
    for constraints, terms, verdict in (
        (x509.BasicConstraints(ca=True, path_length=0), None, ("verified", set())),
        (x509.BasicConstraints(ca=True, path_length=None), policies, ("incomplete", {"not-checked"})),
        (x509.BasicConstraints(ca=False, path_length=None), None, ("refused", {"token-chain"})),
    ):
        middle = _issuer(root, constraints, terms, at)
        signer = certificates.signer(middle, start=at - YEAR / 12, end=at + YEAR)
        chain = [one.certificate.public_bytes(Encoding.DER) for one in (signer, middle)]
        token = Forgery(digest.raw, gen_time=at, certificates=chain).by(signer)
        files = specimen.bundle | {f"proofs/{digest}.original.tsr": token}
        specimen.relisted(files)
        assert reader.judges(files) == verdict
        judged = verify_bundle(
            write_folder(reader.place / "v", files), specimen.evidence.trust, clock=specimen.evidence.clock
        )
        assert {finding.code for finding in judged.findings} == verdict[1] - {"not-checked"}


def test_a_chain_that_is_too_long_is_left_to_verify_and_one_that_leads_nowhere_refused(
    reader: Reader, specimen: Specimen
) -> None:
    at, digest = specimen.evidence.clock.now(), Digest.of(specimen.video.body)
    plain = x509.BasicConstraints(ca=True, path_length=None)
    stranger = certificates.root("stranger", at - YEAR, at + YEAR)
    for top, most in ((specimen.credentials[0], 3), (stranger, 4)):
        chain = [top]
        for length in range(most + 1):
            signer = certificates.signer(chain[-1], start=at - YEAR / 12, end=at + YEAR)
            carried = [one.certificate.public_bytes(Encoding.DER) for one in (signer, *chain)]
            token = Forgery(digest.raw, gen_time=at, certificates=carried).by(signer)
            files = specimen.bundle | {f"proofs/{digest}.original.tsr": token}
            specimen.relisted(files)
            trusted, fits = top is not stranger, length <= 3
            expected = ("verified", set()) if trusted else ("refused", {"token-chain"})
            assert reader.judges(files) == (expected if fits else ("incomplete", {"not-checked"})), length
            chain.append(_issuer(chain[-1], plain, None, at, f"level {length}"))


@pytest.fixture(scope="module")
def renewed(tmp_path_factory: pytest.TempPathFactory) -> RenewedBundle:
    return RenewedBundle.make(tmp_path_factory.mktemp("renewed"))


def _agree(reader: Reader, renewed: RenewedBundle, files: Files, day: int) -> set[str]:
    """What both verifiers find on that day: the same, and the same assurance."""
    listed = renewed.relisted(files, day)
    verdict = renewed.judged(reader.place / "judged", listed, day)
    codes = {finding.code for finding in verdict.findings}
    assert reader.judges(listed) == ("refused" if codes else "verified", codes)
    return codes


@pytest.mark.parametrize("twice", [False, True])
def test_a_renewed_bundle_is_verified_by_both(opened: Opened, renewed: RenewedBundle, twice: bool) -> None:
    """Before and long after its certificates ended; by two authorities, of which one has expired, then the other."""
    files = renewed.files(twice=twice)
    bare = {path: content for path, content in files.items() if ".renewal." not in path}
    for day in (364, 366, 601, 800, 20 * 365):
        reader = opened("en", at=renewed.day(day))
        reader.trusts(renewed.trust)
        by_then = files if day > 600 else {path: files[path] for path in files if ".renewal.2." not in path}
        assert _agree(reader, renewed, by_then, day) == set()
        assert "The time stamps were renewed" in reader.page.inner_text("#verdict")
        ended = day > 730 if twice else day > 365
        assert _agree(reader, renewed, bare, day) == ({"token-outlived-certificate"} if ended else set())


def test_what_it_rests_on_is_no_more_qualified_than_its_renewals(opened: Opened, renewed: RenewedBundle) -> None:
    """Where the chain needs `middle`, which is not qualified, it is the least of all."""
    words = "qualified time-stamping authority dated it"
    for day, qualified in ((301, True), (400, False)):
        reader = opened("en", at=renewed.day(day))
        reader.trusts(renewed.trust)
        files = renewed.files()
        files = {path: content for path, content in files.items() if ".renewal.2." not in path}
        assert _agree(reader, renewed, files, day) == set()
        listed = renewed.relisted(files, day)
        assurance = renewed.judged(reader.place / "judged", listed, day).assurance
        assert (assurance is Assurance.EXTERNAL_AUTHORITY) is qualified
        assert (words in reader.page.inner_text("#verdict")) is qualified


Change = Callable[[Files, RenewedBundle], None]
STATEMENT, TOKEN = f"{PREFIX}renewal.2.json", f"{PREFIX}renewal.2.tsr"


def _restamped(day: float = 600, **said: object) -> Change:
    """The second renewal says otherwise, under a token of its own."""

    def change(files: Files, renewed: RenewedBundle) -> None:
        files[STATEMENT] = edited(files[STATEMENT], **said)
        files[TOKEN] = renewed.renewed.stamped(renewed.renewed.lasting, day, files[STATEMENT])

    return change


def _bytes(name: str, content: bytes) -> Change:
    return lambda files, _: files.update({PREFIX + name: content})


def _without(*names: str) -> Change:
    def change(files: Files, _: RenewedBundle) -> None:
        for name in names:
            del files[PREFIX + name]

    return change


BROKEN: dict[str, tuple[Change, set[str]]] = {
    "a part of it is gone": (_without("renewal.2.json"), {"renewal-missing"}),
    "the token is gone": (_without("renewal.2.tsr"), {"renewal-missing"}),
    "a gap": (_without("renewal.1.json", "renewal.1.tsr"), {"renewal-missing"}),
    "garbage": (_bytes("renewal.2.json", b"{}"), {"renewal-malformed"}),
    "a token that is garbage": (_bytes("renewal.2.tsr", b"x"), {"token-malformed"}),
    "another version": (_restamped(format="tiezheng-renewal-v2"), {"renewal-malformed"}),
    "another field": (_restamped(comment="x"), {"renewal-malformed"}),
    "no token": (_restamped(tokens=[]), {"renewal-malformed"}),
    "a digest twice": (_restamped(revocations=["0" * 64] * 2), {"renewal-malformed"}),
    "another number": (_restamped(number=3), {"renewal-differs"}),
    "another manifest": (_restamped(manifest="0" * 64), {"renewal-differs"}),
    "another one before it": (_restamped(previous="0" * 64), {"renewal-differs"}),
    "a list that is not here": (_restamped(revocations=["0" * 64]), {"renewal-incomplete"}),
    "a token that is not here": (_restamped(tokens=["0" * 64]), {"renewal-incomplete"}),
    "other bytes": (lambda files, _: files.update({TOKEN: files[f"{PREFIX}original.tsr"]}), {"token-imprint-differs"}),
    "older than what it covers": (_restamped(200), {"renewal-before-token"}),
    "too late": (_restamped(731), {"renewal-too-late"}),
}


@pytest.mark.parametrize("day", [732, 800])
def test_a_broken_chain_is_named_as_verify_names_it(opened: Opened, renewed: RenewedBundle, day: int) -> None:
    reader = opened(at=renewed.day(day))
    reader.trusts(renewed.trust)
    for name, (change, codes) in BROKEN.items():
        files = renewed.files()
        change(files, renewed)
        assert _agree(reader, renewed, files, day) >= codes, name


def _issuer(
    root: Issued,
    constraints: x509.BasicConstraints,
    terms: x509.ExtensionType | None,
    at: datetime,
    called: str = "middle",
) -> Issued:
    key = certificates.rsa_key(called)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, called)])
    subject = root.certificate.subject
    builder = x509.CertificateBuilder(subject, name, key.public_key(), 7, at - YEAR / 12, at + 2 * YEAR)
    builder = builder.add_extension(constraints, critical=True)
    if terms is not None:
        builder = builder.add_extension(terms, critical=True)
    return Issued(key, builder.sign(root.key, SHA256()))
