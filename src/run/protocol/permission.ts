import { createHash } from "node:crypto";

import { type Draft, type Event, bytesOfFact, factOfBytes } from "../../../journal/index.ts";
import { type Rule, type Ruling, mostShown } from "../../rules/index.ts";

/*
 * The question of a guest's process for a permission: u32 length of the fact and the fact as bytes, SHA-256 of the change's
 * payload, and the payload itself where it is short. For reading: u32 0, f64 inode number.
 */

/** A call that a guest's process asks about. */
export type PermissionAsked =
  | {
      readonly kind: "change";
      readonly key: Buffer;
      readonly fact: Event;
      readonly digest: Buffer;
      readonly bytes: Buffer;
    }
  | { readonly kind: "read"; readonly ino: number };

/** Encodes a question about a change, or about reading an inode. */
export function permissionQuestion(
  draft: Draft | undefined,
  ino: number | undefined,
  bytes: Uint8Array = new Uint8Array(0),
): Buffer {
  const length = Buffer.alloc(4);
  if (draft === undefined) {
    const number = Buffer.alloc(8);
    number.writeDoubleLE(ino ?? 0);
    return Buffer.concat([length, number]);
  }
  const fact = bytesOfFact(draft);
  length.writeUInt32LE(fact.length);
  const shown = bytes.length <= mostShown ? bytes : new Uint8Array(0);
  return Buffer.concat([length, fact, digestOf(bytes), shown]);
}

/** Decodes such a question, which is not trusted. Throws RangeError. */
export function parsePermission(body: Buffer): PermissionAsked {
  const length = body.readUInt32LE(0);
  if (length === 0) return { kind: "read", ino: body.readDoubleLE(4) };
  const [end, start] = [4 + length, 4 + length + digestBytes];
  if (start > body.length) throw new RangeError("a question that is cut off");
  // The frame that it stands in is gone when somebody answers.
  const key = Buffer.from(body.subarray(4, end));
  const digest = Buffer.from(body.subarray(end, start));
  const bytes = Buffer.from(body.subarray(start));
  if (bytes.length > 0 && !digestOf(bytes).equals(digest))
    throw new RangeError("a question that shows other bytes than it is about");
  return { kind: "change", key, fact: factOfBytes(key), digest, bytes };
}

const digestBytes = 32;

export function digestOf(bytes: Uint8Array): Buffer {
  return createHash("sha256").update(bytes).digest();
}

/** The answer to it, as JSON: the rule is one that is added before all others. */
export interface PermissionAnswer {
  /** "again": the state became another meanwhile, and the process must ask for that first. */
  readonly answer: "allow" | "deny" | "again";
  readonly by: string;
  readonly add?: Rule;
  /** Why a change was held that no rule of the run is about. */
  readonly held?: Pick<Ruling, "rule" | "operation" | "path" | "error">;
}
