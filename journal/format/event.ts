import { isByteText } from "./byte-text.ts";

declare const brand: unique symbol;
/** A number or text of one meaning, so that it is not taken for another; it goes wherever a plain one goes. */
export type Brand<T, Label extends string> = T & { readonly [brand]: Label };

/** Turns branded numbers and texts of a shape into plain ones. */
export type Plain<T> = T extends { readonly [brand]: string }
  ? T extends number
    ? number
    : string
  : T extends readonly (infer Item)[]
    ? readonly Plain<Item>[]
    : T extends ReadonlyMap<unknown, unknown>
      ? T
      : T extends object
        ? { readonly [Key in keyof T]: Plain<T[Key]> }
        : T;

/** Position of an event in its journal: 1, 2, 3… with no gaps; 0 is the moment before the first. */
export type Seq = Brand<number, "Seq">;
/** Number of a run: 1, 2, 3…; 0 for events that belong to none (marks). */
export type RunNumber = Brand<number, "RunNumber">;
/** Number of an inode. Never changes and is never given to another; the root is 1. */
export type Ino = Brand<number, "Ino">;
/** One path segment: not empty, "." or "..", the text of some bytes (`isByteText`), and holding no "/" or NUL. */
export type Name = Brand<string, "Name">;
/** Returns the name that a text is, or undefined when no entry can have it. */
export function parseName(text: string): Name | undefined {
  if (text === "" || text === "." || text === ".." || !isByteText(text)) return undefined;
  return text.includes("/") || text.includes("\0") ? undefined : (text as Name);
}

/** Number of a process within its run: 1, 2, 3… in the order in which they were first heard of. */
export type ProcessNumber = Brand<number, "ProcessNumber">;

/** Position of a byte on the tape: 0, 1, 2… */
export type TapePosition = Brand<number, "TapePosition">;

/**
 * Promised bytes have positions from here on, where no tape ever reaches. A file holds them like any others, and who
 * reads them finds the fetch that brought them, or learns that they were never read.
 */
export const promisedFrom = 2 ** 51;

/** The root directory's inode number. */
export const rootIno = 1 as Ino;

/** The fields that the journal adds to a fact when it takes it. */
export interface Stamp {
  readonly seq: Seq;
  /** Nanoseconds since the epoch. Never decreases from one event to the next. */
  readonly time: bigint;
  readonly run: RunNumber;
}

/** Length bytes of a file, from offset on, that stand on the tape at position, or a hole (reads as zeros). */
export interface Extent {
  readonly offset: number;
  readonly length: number;
  readonly tape: TapePosition | "hole";
}

/** The process that did it, if known: absent for WASI guests, and for what rewindfs does itself. */
export interface ByProcess {
  /** A process that the run has told of before. */
  readonly by?: ProcessNumber;
}

/** Common to every mutation of one inode. `path` is where the inode was (rename: was before) when it happened. */
export interface OnInode extends ByProcess {
  readonly ino: Ino;
  readonly path: string;
}

/** Common to every mutation that makes or removes the directory entry `name` in `parent`; `name` ends `path`. */
export interface OnEntry extends OnInode {
  readonly parent: Ino;
  readonly name: Name;
}

/** Attributes of a new file or directory. `mode` is absent if its maker gave none, as WASI guests cannot. */
export interface OnNew extends OnEntry {
  readonly mode?: number;
}

/** Largest mode: permission bits with setuid, setgid and sticky. */
export const largestMode = 0o7777;

/** Special files, which mknod makes and which hold no bytes: named pipes and sockets. */
export type SpecialType = "fifo" | "socket";
export const specialTypes: readonly SpecialType[] = ["fifo", "socket"];

/** `kept`: the inode had an open descriptor and lives on without a name until the run ends. */
export interface Removal extends OnEntry {
  readonly kept: boolean;
}

/** A change of the tree: one for each host call that changed something. */
export type MutationFact =
  | ({ readonly kind: "create" } & OnNew)
  | ({ readonly kind: "mkdir" } & OnNew)
  | ({ readonly kind: "symlink"; readonly target: string } & OnEntry)
  /** A named pipe or a socket. Devices there are none. */
  | ({ readonly kind: "mknod"; readonly type: SpecialType } & OnNew)
  /** Another name for an existing file or symlink: `path`, `parent` and `name` are the new entry's. */
  | ({ readonly kind: "link" } & OnEntry)
  | ({ readonly kind: "unlink" } & Removal)
  | ({ readonly kind: "rmdir" } & Removal)
  | ({
      readonly kind: "rename";
      readonly toParent: Ino;
      readonly toName: Name;
      /** The new path; ends in `toName`. */
      readonly to: string;
      /** The inode that was at the new path and is gone. */
      readonly replaced?: { readonly ino: Ino; readonly kept: boolean };
    } & OnEntry)
  /** Two names of different inodes change places: `other` was at `to` and is at `path`. */
  | ({
      readonly kind: "exchange";
      readonly toParent: Ino;
      readonly toName: Name;
      /** Ends in `toName`. */
      readonly to: string;
      readonly other: Ino;
    } & OnEntry)
  /** `tape` is where the first of the bytes stands. */
  | ({
      readonly kind: "write";
      readonly offset: number;
      readonly length: number;
      readonly tape: TapePosition;
    } & OnInode)
  | ({ readonly kind: "set-size"; readonly size: number } & OnInode)
  /** A time that is left out did not change. */
  | ({ readonly kind: "set-times"; readonly atime?: bigint; readonly mtime?: bigint } & OnInode)
  /** The permission bits of a file or directory become these; where `mode` is absent, as if nobody had ever said. */
  | ({ readonly kind: "set-mode"; readonly mode?: number } & OnInode)
  /** An extended attribute gets this value, whose bytes stand on the tape. */
  | ({
      readonly kind: "set-xattr";
      readonly attribute: string;
      readonly length: number;
      readonly tape: TapePosition;
    } & OnInode)
  /** An extended attribute gets a value of before, which stands on the tape at `source`. */
  | ({
      readonly kind: "revert-xattr";
      readonly attribute: string;
      readonly length: number;
      readonly source: TapePosition;
    } & OnInode)
  | ({ readonly kind: "remove-xattr"; readonly attribute: string } & OnInode)
  /** The whole content becomes these extents (in order, none overlapping, gaps are holes) and this size. */
  | ({
      readonly kind: "revert";
      readonly size: number;
      readonly extents: readonly Extent[];
    } & OnInode)
  /**
   * Everything below an empty directory, as a folder of the host had it. The list itself is on the tape, and the bytes
   * of its files are promised: they come when they are needed, with a fetch.
   */
  | ({
      readonly kind: "listing";
      /** The folder of the host. */
      readonly from: string;
      /** The inode number of the first entry; the others follow. */
      readonly first: Ino;
      /** The number of entries. */
      readonly entries: number;
      /** The promised bytes of all files, which have the positions from `start` on. */
      readonly promised: number;
      readonly start: TapePosition;
      /** The length of the list, which stands on the tape at `tape`. */
      readonly length: number;
      readonly tape: TapePosition;
    } & OnInode);

/** The kind of program or command that made a run. */
export type RunKind =
  | "guest"
  | "import"
  | "restore"
  | "undo"
  | "redo"
  | "apply"
  | "library"
  | "redact"
  | "gc";

/** The beginning of a run. */
export interface RunStart {
  readonly kind: "run-start";
  readonly cause: RunKind;
  /** The guest's name as the user gave it; for other causes what was imported, restored, undone… */
  readonly guest: string;
  readonly args: readonly string[];
  /** Names of the environment variables that were given, never their values. */
  readonly environment: readonly string[];
  /**
   * SHA-256 in hex of the guest's bytes; of what a redaction removed or a compaction kept, see journal/DESIGN.md; ""
   * where there is none.
   */
  readonly digest: string;
  /** Every limit in force, by name. */
  readonly limits: ReadonlyMap<string, number>;
  /** Texts that the user finds it by, under names of their choice. Absent where there are none. */
  readonly labels?: ReadonlyMap<string, string>;
}

/** The end of a run. */
export interface RunEnd {
  readonly kind: "run-end";
  /** The exit code that `rewindfs run` gives. */
  readonly exit: number;
  /** Why it ended, where it did not exit by itself: a trap's text, "timeout", "interrupted", a limit. */
  readonly reason?: string;
}

/** The most labels of a run, and the most bytes of a label's name and of its text. */
export const mostLabels = 64;
export const mostLabelNameBytes = 128;
export const mostLabelBytes = 4096;

/** The longest name of an extended attribute, and the largest value, in bytes: those of Linux. */
export const mostXattrNameBytes = 255;
export const mostXattrBytes = 64 * 1024;

/** A process of a native program, when it is first heard of. Its events name it by its number. */
export interface ProcessFact {
  readonly kind: "process";
  readonly number: ProcessNumber;
  /** The process that started it, if the run has told of that. */
  readonly startedBy?: ProcessNumber;
  /** Its number in the system: given again to others. See `personsPid`. */
  readonly pid: number;
  /** The command line; arguments that look like secrets are masked. Empty where it was gone before it could be read. */
  readonly args: readonly string[];
  /** Nanoseconds since the epoch at which it was started, as far as the system tells. */
  readonly started?: bigint;
  /** The path of its program on the host. */
  readonly executable?: string;
}

/** The number in the system of a person who changes something within a run: no process that is told of has it. */
export const personsPid = 0;

/** A fact that changes no file. */
export type ControlFact =
  | RunStart
  | RunEnd
  | ProcessFact
  /** A name for the moment just after event `at`. The latest mark of a name counts. */
  | { readonly kind: "mark"; readonly name: string; readonly at: Seq }
  /**
   * A mutation or an open that came to nothing, or an access refused for permission, for leaving its preopen or for a
   * limit.
   */
  | ({
      readonly kind: "fail";
      /** The host call, as the WIT names it: "open-at", "unlink-file-at"… */
      readonly operation: string;
      /** The path in the words of the guest. */
      readonly path: string;
      /** The WASI error code. */
      readonly error: string;
      /** The number of failures in a row; in the last event of a repeated failure to open, those since the one before. */
      readonly count: number;
      /** The limit that was hit, by name. */
      readonly limit?: string;
    } & ByProcess)
  /** A rule was asked about a call, and this is what it said. */
  | ({
      readonly kind: "decision";
      /** The operation that the call is, in the words of rules: "write", "remove"… */
      readonly operation: string;
      readonly path: string;
      /** The rule, as it was written. */
      readonly rule: string;
      /** The answer: "deny", "mark", "ask -> allow"… */
      readonly action: string;
      /** The one that answered, if somebody was asked. */
      readonly answered?: string;
      /** The number of further decisions like one before in this run, which is told at its end; absent for the first. */
      readonly count?: number;
    } & ByProcess)
  /** Promised bytes, from position `start` on, came from the host. They stand on the tape at `tape`. */
  | {
      readonly kind: "fetch";
      /** The path that the file was listed under. */
      readonly path: string;
      readonly start: TapePosition;
      readonly length: number;
      readonly tape: TapePosition;
    };

/** Facts that are recorded only on request (`--record reads`). */
export type AccessFact =
  | ({ readonly kind: "read"; readonly offset: number; readonly length: number } & OnInode)
  | ({ readonly kind: "open" } & OnInode);

/** Anything that a journal tells, without when and in which run. */
export type Fact = MutationFact | ControlFact | AccessFact;
/** The name of what happened: "create", "write"… */
export type Kind = Fact["kind"];
/** A change of the tree as the journal has it. */
export type Mutation = MutationFact & Stamp;
/** A fact as the journal has it. */
export type Event = Fact & Stamp;
/** A fact before the journal took it: what has bytes has no place on the tape yet. */
export type Draft = Fact extends infer One ? (One extends Fact ? Omit<One, "tape"> : never) : never;
