import { generateKeyPairSync } from "node:crypto";
import { afterEach, describe, expect, it } from "vitest";

import { brief, closeJournals, found, nothing } from "../found.ts";

afterEach(closeJournals);

const pkcs8 = { type: "pkcs8", format: "pem" } as const;
const ed25519 = generateKeyPairSync("ed25519");
const pem = ed25519.privateKey.export(pkcs8).toString();
const curve = () => generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;

describe("a private key is found", () => {
  it.each<[string, string]>([
    ["Ed25519", pem],
    ["X25519", generateKeyPairSync("x25519").privateKey.export(pkcs8).toString()],
    ["Ed448", generateKeyPairSync("ed448").privateKey.export(pkcs8).toString()],
    ["a curve", curve().export(pkcs8).toString()],
    ["a curve, in SEC 1", curve().export({ type: "sec1", format: "pem" }).toString()],
    [
      "RSA",
      generateKeyPairSync("rsa", { modulusLength: 1024 }).privateKey.export(pkcs8).toString(),
    ],
    ["Ed25519 with the line ends of Windows", pem.replaceAll("\n", "\r\n")],
    ["Ed25519 in JSON", JSON.stringify({ key: pem })],
  ])("of %s, once", async (_, key) => {
    const result = await found(nothing, (step) => step.write("/p/server.txt", `# ours\n${key}`));
    expect(brief(result)).toEqual(["high secret /p/server.txt"]);
  });
});

describe("no private key is", () => {
  const content = pem.split("\n")[1] ?? "";
  it.each<[string, string]>([
    ["a public key", ed25519.publicKey.export({ type: "spki", format: "pem" }).toString()],
    [
      "an encrypted one",
      ed25519.privateKey
        .export({ ...pkcs8, cipher: "aes-256-cbc", passphrase: "of a person" })
        .toString(),
    ],
    ["a certificate", pem.replaceAll("PRIVATE KEY", "CERTIFICATE")],
    ["what stands for one", pem.replace(content, `${"x".repeat(60)}...`)],
    ["one that is cut", pem.replace(content, content.slice(0, 30))],
    ["text without a key's first bytes", pem.replace(content, `AAAA${content.slice(4)}`)],
  ])("%s", async (_, key) => {
    const result = await found(nothing, (step) => step.write("/p/server.txt", key));
    expect(brief(result)).toEqual([]);
  });
});
