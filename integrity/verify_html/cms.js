// The parts of a time-stamp response (RFC 3161, RFC 5652, RFC 5816), in DER to the last byte. Judges nothing.
import { Malformed, hex } from "./bytes.js";
import {
  BIT_STRING, BOOLEAN, GENERALIZED_TIME, INTEGER, OCTET_STRING, OID, SEQUENCE, SET, UTF8_STRING,
  context, plainAlgorithm, readDer,
} from "./der.js";

const SIGNED_DATA = "1.2.840.113549.1.7.2";
const TST_INFO = "1.2.840.113549.1.9.16.1.4";
const CONTENT_TYPE = "1.2.840.113549.1.9.3";
const MESSAGE_DIGEST = "1.2.840.113549.1.9.4";
const SIGNING_CERTIFICATE_V2 = "1.2.840.113549.1.9.16.2.47";
export const SHA256_OID = "2.16.840.1.101.3.4.2.1";

/** `{status}` of a refusal, or a granted response: content, statement, certificates, signature. */
export function readResponse(raw) {
  const fields = readDer(raw, SEQUENCE).fields();
  const status = responseStatus(fields.take(SEQUENCE).fields());
  if (status !== 0n) return { status };
  const token = fields.take(SEQUENCE).fields();
  fields.end();
  expect(token.take(OID).oid(), SIGNED_DATA, "content type");
  const wrapped = token.take(context(0)).fields();
  token.end();
  const signedData = wrapped.take(SEQUENCE).fields();
  wrapped.end();
  return { status, ...readSignedData(signedData) };
}

function responseStatus(fields) {
  const status = fields.take(INTEGER).integer();
  fields.maybe(SEQUENCE)?.fields().each(UTF8_STRING);
  const failure = fields.maybe(BIT_STRING);
  fields.end();
  if (status === 0n && failure) throw new Malformed("a granted response that states a failure");
  return status;
}

function readSignedData(fields) {
  expect(fields.take(INTEGER).integer(), 3n, "SignedData version");
  const algorithms = fields.take(SET).fields().each(SEQUENCE).map(plainAlgorithm);
  const content = signedContent(fields.take(SEQUENCE).fields());
  const certificates = fields.maybe(context(0));
  fields.maybe(context(1)); // revocation lists an authority sent along: used by nobody here
  const signers = fields.take(SET).fields();
  fields.end();
  const signature = readSigner(signers.take(SEQUENCE).fields());
  signers.end();
  expect(algorithms.join(), signature.digestAlgorithm, "digest algorithms");
  return {
    content,
    statement: readStatement(readDer(content, SEQUENCE).fields()),
    certificates: certificates ? certificates.fields().each(SEQUENCE).map((item) => item.raw) : [],
    signature,
  };
}

function signedContent(fields) {
  expect(fields.take(OID).oid(), TST_INFO, "signed content type");
  const wrapped = fields.take(context(0)).fields();
  fields.end();
  const content = wrapped.take(OCTET_STRING).body;
  wrapped.end();
  return content;
}

function readStatement(fields) {
  expect(fields.take(INTEGER).integer(), 1n, "TSTInfo version");
  fields.take(OID).oid(); // the policy: which ones are accepted was agreed when the token was fetched
  const imprint = fields.take(SEQUENCE).fields();
  const algorithm = plainAlgorithm(imprint.take(SEQUENCE));
  const hashed = imprint.take(OCTET_STRING).body;
  imprint.end();
  fields.take(INTEGER).integer(); // its serial number
  const genTime = fields.take(GENERALIZED_TIME).time();
  const accuracy = fields.maybe(SEQUENCE);
  if (accuracy) checkAccuracy(accuracy.fields());
  fields.maybe(BOOLEAN); // ordering
  fields.maybe(INTEGER)?.integer(); // nonce
  fields.maybe(context(0)); // the authority's name: the certificate says it
  const extensions = fields.maybe(context(1));
  fields.end();
  for (const extension of extensions ? extensions.fields().each(SEQUENCE) : []) {
    const inner = extension.fields();
    inner.take(OID);
    if (inner.maybe(BOOLEAN)?.boolean()) throw new Malformed("an unknown critical extension");
  }
  return { algorithm, imprint: hashed, genTime };
}

function checkAccuracy(fields) {
  const parts = [[fields.maybe(INTEGER), 1n << 31n], [fields.maybe(context(0, false)), 999n], [fields.maybe(context(1, false)), 999n]];
  fields.end();
  for (const [part, limit] of parts) {
    const value = part ? part.integer() : 0n;
    if (value < 0n || value > limit) throw new Malformed("an accuracy that is no duration");
  }
}

function readSigner(fields) {
  expect(fields.take(INTEGER).integer(), 1n, "SignerInfo version");
  const identity = fields.take(SEQUENCE).fields();
  const issuer = identity.take(SEQUENCE).raw;
  const serial = identity.take(INTEGER).integer();
  identity.end();
  const digestAlgorithm = plainAlgorithm(fields.take(SEQUENCE));
  const attributes = fields.take(context(0));
  const algorithm = plainAlgorithm(fields.take(SEQUENCE));
  const value = fields.take(OCTET_STRING).body;
  fields.end(); // no unsigned attributes: nobody vouches for them
  const values = signedAttributes(attributes);
  expect(only(values, CONTENT_TYPE, OID).oid(), TST_INFO, "content-type attribute");
  const signed = attributes.raw.slice();
  signed[0] = SET;
  return {
    issuer,
    serial,
    digestAlgorithm,
    algorithm,
    signed,
    value,
    messageDigest: only(values, MESSAGE_DIGEST, OCTET_STRING).body,
    ...namedCertificate(values),
  };
}

/** Each attribute's SET of values by its OID; in the one order DER gives them, none twice. */
function signedAttributes(attributes) {
  const values = new Map();
  let before = "";
  for (const item of attributes.fields().each(SEQUENCE)) {
    const written = hex(item.raw);
    if (written < before) throw new Malformed("signed attributes out of order");
    before = written;
    const fields = item.fields();
    const name = fields.take(OID).oid();
    const value = fields.take(SET);
    fields.end();
    if (values.has(name)) throw new Malformed(`signed attribute ${name} twice`);
    values.set(name, value);
  }
  return values;
}

function only(values, name, tag) {
  if (!values.has(name)) throw new Malformed(`signed attribute ${name} is missing`);
  return readDer(values.get(name).body, tag);
}

/** Hash algorithm and hash of the first ESSCertIDv2, the signer's own (RFC 5035, section 3). */
function namedCertificate(values) {
  const fields = only(values, SIGNING_CERTIFICATE_V2, SEQUENCE).fields();
  const first = fields.take(SEQUENCE).fields().take(SEQUENCE).fields();
  const algorithm = first.maybe(SEQUENCE);
  return {
    certificateAlgorithm: algorithm ? plainAlgorithm(algorithm) : SHA256_OID,
    certificateDigest: first.take(OCTET_STRING).body,
  };
}

function expect(found, expected, name) {
  if (found !== expected) throw new Malformed(`${name} is ${found}, not ${expected}`);
}
