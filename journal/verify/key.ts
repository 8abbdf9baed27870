import { createHash, createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";

/** Names the reason why a key cannot be used. */
export type KeyCode = "encrypted" | "no-key" | "wrong-type" | "public" | "private";

/** Reports a key that cannot sign or check heads. `hint` says what the user can do next. */
export class KeyError extends Error {
  override readonly name = "KeyError";
  readonly code: KeyCode;
  readonly hint: string;

  constructor(code: KeyCode, message: string, hint: string) {
    super(message);
    this.code = code;
    this.hint = hint;
  }
}

const making = "openssl genpkey -algorithm ed25519 -out key.pem makes one";
const extracting =
  "openssl pkey -in key.pem -pubout -out public.pem takes it out of the private one";

/** Reads an Ed25519 private key from PEM text. `name` identifies it in messages. Throws KeyError. */
export function signingKey(pem: string, name: string): KeyObject {
  if (/-----BEGIN (?:[A-Z]+ )*PUBLIC KEY-----/.test(pem))
    throw new KeyError("public", `${name} is a public key: signing takes the private one`, making);
  if (/-----BEGIN ENCRYPTED |^Proc-Type:.*ENCRYPTED/m.test(pem)) {
    const hint = "openssl pkey -in key.pem -out plain.pem takes the passphrase off";
    throw new KeyError("encrypted", `${name} is encrypted, and no passphrase is asked for`, hint);
  }
  return ed25519(() => createPrivateKey(pem), name, making);
}

/** Reads an Ed25519 public key from PEM text. Throws KeyError. */
export function publicKey(pem: string, name: string): KeyObject {
  if (/-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----/.test(pem))
    throw new KeyError("private", `${name} is a private key: keep it where it is`, extracting);
  return ed25519(() => createPublicKey(pem), name, extracting);
}

/** Returns the SHA-256, in hex, of a public key in DER, as `openssl pkey -pubin -outform DER | sha256sum` prints it. */
export function fingerprintOf(key: Uint8Array): string {
  return createHash("sha256").update(key).digest("hex");
}

/** Returns a public key in DER. */
export function derOf(key: KeyObject): Buffer {
  const open = key.type === "private" ? createPublicKey(key) : key;
  return open.export({ type: "spki", format: "der" });
}

/** Reads a public key from DER; returns undefined if it is no Ed25519 key. */
export function keyOfDer(der: Buffer): KeyObject | undefined {
  try {
    const key = createPublicKey({ key: der, format: "der", type: "spki" });
    return key.asymmetricKeyType === "ed25519" ? key : undefined;
  } catch {
    // OpenSSL has many error messages for bytes that are no key.
    return undefined;
  }
}

function ed25519(read: () => KeyObject, name: string, hint: string): KeyObject {
  let key: KeyObject;
  try {
    key = read();
  } catch {
    // OpenSSL's own message helps only those who know its decoders.
    throw new KeyError("no-key", `${name} holds no key in PEM form`, hint);
  }
  const { asymmetricKeyType: type } = key;
  if (type === "ed25519") return key;
  throw new KeyError("wrong-type", `${name} is a key of type ${type}, and not Ed25519`, hint);
}
