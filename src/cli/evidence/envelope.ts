import { type KeyObject, createHash, createPublicKey, sign } from "node:crypto";

/** The media type of in-toto statements. */
const payloadType = "application/vnd.in-toto+json";

/**
 * Signs a statement with an Ed25519 private key, as a DSSE envelope in JSON. The hint at the key is the fingerprint
 * that `sign` prints.
 */
export function signedEnvelope(statement: object, key: KeyObject): string {
  const payload = Buffer.from(JSON.stringify(statement));
  // dsse, protocol.md: PAE, the pre-authentication encoding.
  const head = `DSSEv1 ${payloadType.length} ${payloadType} ${payload.length} `;
  const signature = sign(null, Buffer.concat([Buffer.from(head), payload]), key);
  const der = createPublicKey(key).export({ type: "spki", format: "der" });
  const keyid = createHash("sha256").update(der).digest("hex");
  const envelope = {
    payload: payload.toString("base64"),
    payloadType,
    signatures: [{ keyid, sig: signature.toString("base64") }],
  };
  return `${JSON.stringify(envelope)}\n`;
}
