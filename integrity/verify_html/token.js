// Whether a time stamp proves that bytes of a digest existed at a time, to somebody who trusts some roots. Judged at
// its own time. Revocation is not looked at here: what brings lists or OCSP responses along is left to `tiezheng verify`.
import { Malformed, equal } from "./bytes.js";
import {
  beyondThisPage, forTimeStampingAlone, hasReadableKey, hashName, issuedBy, keyPeriod, mayIssue, readCertificate, verifySignature,
} from "./certificate.js";
import { SHA256_OID, readResponse } from "./cms.js";
import { sha256 } from "./sha256.js";

export const TOKEN_LIMIT = 64 * 1024;
export const CLOCK_TOLERANCE = 5 * 60 * 1000;
export const OUTLIVED = "token-outlived-certificate";
const CHAIN = 4;

const MOST_TOKENS = 99;
const PROOF_NAME =
  /^(?:manifest\.json|statement\.json|tlog-proof|(?:original|manifest)(?:\.(?:[2-9]|[1-9][0-9]))?\.tsr|renewal\.[1-9][0-9]?\.(?:json|tsr))$/;

/** Whether a proof of an original may be called so. */
export function isProofName(name) {
  return PROOF_NAME.test(name);
}

/** Names of the tokens over one digest that must be there: up to the last one that is, at least the first. */
export function tokenNames(over, has) {
  const names = Array.from({ length: MOST_TOKENS }, (_, at) => (at ? `${over}.${at + 1}.tsr` : `${over}.tsr`));
  return names.slice(0, Math.max(1, names.findLastIndex(has) + 1));
}

/** A check that failed: a finding's code and why. */
export class Refusal extends Error {
  constructor(code, detail) {
    super(detail);
    this.code = code;
  }
}

/**
 * The token's time, and the root that its chain ends in; a Refusal names the first check that failed.
 * `existedBy` is a time at which something else proves the token to have been there.
 */
export async function verifyToken(raw, digest, roots, now, existedBy) {
  const response = reading(() => {
    if (raw.length > TOKEN_LIMIT) throw new Malformed(`larger than ${TOKEN_LIMIT} bytes`);
    return readResponse(raw);
  });
  if (response.status !== 0n) throw new Refusal("token-not-granted", `the authority answered with status ${response.status}`);
  const { statement } = response;
  if (statement.algorithm !== SHA256_OID) throw new Refusal("token-imprint-algorithm", "the imprint is not by SHA-256");
  if (!equal(statement.imprint, digest)) throw new Refusal("token-imprint-differs", "it is over other bytes");
  if (statement.genTime > now + CLOCK_TOLERANCE) throw new Refusal("token-from-future", "its time is later than now");
  const certificate = await signingCertificate(response);
  if (!reading(() => forTimeStampingAlone(certificate))) {
    throw new Refusal("token-purpose", "the certificate is not critically for time-stamping alone");
  }
  await checkSignature(response, certificate);
  const [start, end] = reading(() => keyPeriod(certificate));
  if (statement.genTime < start || statement.genTime > end) {
    throw new Refusal("token-certificate-expired", "it was signed outside its key's time");
  }
  const root = await chainToRoot(certificate, response.certificates, roots, statement.genTime);
  if ((existedBy ?? now) > certificate.notAfter) {
    throw new Refusal(OUTLIVED, "nothing proves it existed before its certificate ended");
  }
  return { genTime: statement.genTime, root };
}

function reading(read) {
  try {
    return read();
  } catch (error) {
    if (error instanceof Malformed) throw new Refusal("token-malformed", error.message);
    throw error;
  }
}

/** The certificate that the signature itself names by hash: another one for the same key is refused. */
async function signingCertificate({ certificates, signature }) {
  const name = hashName(signature.certificateAlgorithm);
  if (!name) throw new Refusal("token-algorithm", "the certificate is named by a hash that is not accepted");
  for (const raw of certificates) {
    if (!equal(await hashed(name, raw), signature.certificateDigest)) continue;
    const certificate = reading(() => readCertificate(raw));
    if (!(await hasReadableKey(certificate))) throw new Refusal("token-malformed", "its certificate's key cannot be read");
    if (!equal(certificate.issuer, signature.issuer) || certificate.serial !== signature.serial) {
      throw new Refusal("token-signer-differs", "the signer is called other than the certificate it names");
    }
    return certificate;
  }
  throw new Refusal("token-signer-differs", "the certificate named by the signature is not there");
}

async function hashed(name, bytes) {
  return name === "SHA-256" ? sha256(bytes) : new Uint8Array(await crypto.subtle.digest(name, bytes));
}

async function checkSignature({ content, signature }, certificate) {
  const name = hashName(signature.digestAlgorithm);
  if (!name) throw new Refusal("token-algorithm", "its hash algorithm is not accepted");
  if (!equal(await hashed(name, content), signature.messageDigest)) {
    throw new Refusal("token-signature", "the signed hash is not that of the content");
  }
  const holds = await signedBy509(certificate, signature.algorithm, name, signature.value, signature.signed);
  if (holds === undefined) throw new Refusal("token-algorithm", "neither RSA of at least 2048 bits nor ECDSA");
  if (!holds) throw new Refusal("token-signature", "the signature does not hold");
}

/** What WebCrypto cannot read is no signature that holds. */
async function signedBy509(...wanted) {
  try {
    return await verifySignature(...wanted);
  } catch {
    return false;
  }
}

/** Up from the signer, through certificates that came along, to one of the roots; all of them valid at that time. */
async function chainToRoot(signer, offered, roots, at) {
  const others = offered.flatMap((raw) => {
    try {
      const certificate = readCertificate(raw);
      return equal(certificate.issuer, certificate.subject) ? [] : [certificate]; // a root that came along is none
    } catch {
      return []; // not one that a chain can go through
    }
  });
  let certificate = signer;
  for (let below = 0; below < CHAIN; below++) {
    refuseBeyondThisPage(certificate);
    const root = await issuerAmong(certificate, roots, below, at);
    if (root) {
      refuseBeyondThisPage(root);
      return root;
    }
    certificate = await issuerAmong(certificate, others, below, at);
    if (!certificate) throw new Refusal("token-chain", "its certificate leads to no root that is trusted");
  }
  throw new Refusal("not-checked", "chain");
}

/** Terms that this page does not know may forbid what it would allow. */
function refuseBeyondThisPage(certificate) {
  if (beyondThisPage(certificate)) throw new Refusal("not-checked", "terms");
}

async function issuerAmong(certificate, issuers, below, at) {
  for (const issuer of issuers) {
    try {
      const valid = issuer.notBefore <= at && at <= issuer.notAfter && mayIssue(issuer, below);
      if (valid && (await issuedBy(certificate, issuer))) return issuer;
    } catch {
      continue; // one that cannot be read issues nothing
    }
  }
  return null;
}
