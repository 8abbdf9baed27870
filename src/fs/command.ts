import type { Extent, Ino, Name, SpecialType, TapePosition } from "../../journal/index.ts";

/** A change to make. Paths are resolved already; sizes are whole numbers from 0 to 2^53 - 1. */
export type Command =
  /** `ino` restores a former inode; without it a new number is taken. */
  | {
      readonly kind: "create" | "mkdir";
      readonly parent: Ino;
      readonly name: Name;
      readonly mode?: number;
      readonly ino?: Ino;
    }
  | {
      readonly kind: "mknod";
      readonly parent: Ino;
      readonly name: Name;
      readonly type: SpecialType;
      readonly mode?: number;
      readonly ino?: Ino;
    }
  | {
      readonly kind: "symlink";
      readonly parent: Ino;
      readonly name: Name;
      readonly target: string;
      readonly ino?: Ino;
    }
  | { readonly kind: "link"; readonly ino: Ino; readonly parent: Ino; readonly name: Name }
  | { readonly kind: "unlink" | "rmdir"; readonly parent: Ino; readonly name: Name }
  | {
      readonly kind: "rename";
      readonly parent: Ino;
      readonly name: Name;
      readonly toParent: Ino;
      readonly toName: Name;
    }
  | {
      readonly kind: "exchange";
      readonly parent: Ino;
      readonly name: Name;
      readonly toParent: Ino;
      readonly toName: Name;
    }
  | { readonly kind: "write"; readonly ino: Ino; readonly offset: number; readonly length: number }
  | { readonly kind: "set-size"; readonly ino: Ino; readonly size: number }
  /** Empties a file, and sets its times even if it is empty already: O_TRUNC. */
  | { readonly kind: "truncate"; readonly ino: Ino }
  | {
      readonly kind: "set-times";
      readonly ino: Ino;
      readonly atime?: bigint;
      readonly mtime?: bigint;
    }
  /** Without a mode, takes back that one was set. */
  | { readonly kind: "set-mode"; readonly ino: Ino; readonly mode?: number }
  /** Of a file or directory; the value is the payload. */
  | {
      readonly kind: "set-xattr";
      readonly ino: Ino;
      readonly attribute: string;
      readonly length: number;
    }
  /** The value stands on the tape already. */
  | {
      readonly kind: "revert-xattr";
      readonly ino: Ino;
      readonly attribute: string;
      readonly length: number;
      readonly source: TapePosition;
    }
  | { readonly kind: "remove-xattr"; readonly ino: Ino; readonly attribute: string }
  | {
      readonly kind: "revert";
      readonly ino: Ino;
      readonly size: number;
      readonly extents: readonly Extent[];
    }
  /** Puts what a listing lists below an empty directory. */
  | {
      readonly kind: "listing";
      readonly ino: Ino;
      readonly from: string;
      readonly first: Ino;
      readonly entries: number;
      readonly promised: number;
      readonly start: TapePosition;
      readonly length: number;
    };
