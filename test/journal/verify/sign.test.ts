import { generateKeyPairSync, type KeyObject } from "node:crypto";
import Database from "better-sqlite3";
import { expect, test } from "vitest";
import {
  derOf,
  fingerprintOf,
  KeyError,
  openWriter,
  publicKey,
  signHead,
  signingKey,
  verify,
} from "../../../journal/index.ts";
import { play, runStart, scratch, tickingClock } from "../support.ts";

const file = scratch();
const { privateKey, publicKey: open } = generateKeyPairSync("ed25519");
const pem = (key: KeyObject) => {
  const type = key.type === "private" ? ("pkcs8" as const) : ("spki" as const);
  return String(key.export({ type: type as "pkcs8", format: "pem" }));
};
const now = tickingClock();

function recorded(name: string): string {
  add(file(name));
  return file(name);
}

function add(path: string): void {
  const writer = openWriter(path, { now });
  play(writer, [{ draft: runStart }, { draft: { kind: "run-end", exit: 0 } }]);
  writer.close();
}

test("a signed head is told of, with what it covers, and goes on to count while events come after it", () => {
  const path = recorded("signed.db");
  const signature = signHead(path, privateKey);
  expect(signature).toMatchObject({ seq: 2, fingerprint: fingerprintOf(derOf(open)) });
  add(path);
  expect(verify(path)).toMatchObject({ ok: true, events: 4, signatures: [signature] });
});

test("of each key the last signature counts", () => {
  const path = recorded("keys.db");
  const other = generateKeyPairSync("ed25519").privateKey;
  signHead(path, privateKey);
  const ofOther = signHead(path, other);
  add(path);
  const last = signHead(path, privateKey);
  expect(verify(path)).toMatchObject({ signatures: [ofOther, last] });
});

test("signing the same head again changes nothing", () => {
  const path = recorded("again.db");
  expect(signHead(path, privateKey)).toEqual(signHead(path, privateKey));
  const verdict = verify(path);
  expect(verdict.ok && verdict.signatures).toHaveLength(1);
});

test("a signature of another journal is none of this one", () => {
  const path = recorded("one.db");
  signHead(path, privateKey);
  const db = new Database(recorded("fresh.db"));
  db.exec(`ATTACH '${path}' AS one`);
  db.exec(
    "INSERT INTO signature SELECT s.seq, s.key, c.digest, s.bytes FROM one.signature s JOIN main.chain c ON c.seq = s.seq",
  );
  db.close();
  expect(verify(file("fresh.db"))).toMatchObject({
    ok: false,
    reason: expect.stringMatching(/signature/),
  });
});

test("a history that was rewritten below a signature is found", () => {
  const path = recorded("rewritten.db");
  signHead(path, privateKey);
  const fresh = recorded("rewriting.db");
  const db = new Database(fresh);
  db.exec(`ATTACH '${path}' AS one`);
  db.exec("INSERT INTO signature SELECT * FROM one.signature");
  db.close();
  expect(verify(fresh)).toMatchObject({ ok: false });
});

test("keys that will not do are refused, each for what it is", () => {
  const code = (read: () => unknown) => {
    try {
      read();
      return "taken";
    } catch (error) {
      return error instanceof KeyError ? error.code : error;
    }
  };
  const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const encrypted = privateKey.export({
    type: "pkcs8",
    format: "pem",
    cipher: "aes-256-cbc",
    passphrase: "secret",
  });
  expect(code(() => signingKey(pem(privateKey), "key"))).toBe("taken");
  expect(code(() => signingKey(pem(open), "key"))).toBe("public");
  expect(code(() => signingKey(String(encrypted), "key"))).toBe("encrypted");
  expect(code(() => signingKey(pem(rsa.privateKey), "key"))).toBe("wrong-type");
  expect(code(() => signingKey("no key at all", "key"))).toBe("no-key");
  expect(code(() => publicKey(pem(open), "key"))).toBe("taken");
  expect(code(() => publicKey(pem(privateKey), "key"))).toBe("private");
  expect(code(() => publicKey(pem(rsa.publicKey), "key"))).toBe("wrong-type");
  expect(code(() => publicKey("", "key"))).toBe("no-key");
});
