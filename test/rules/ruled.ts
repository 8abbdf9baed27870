import { type JournalWriter, type Name, openWriter, rootIno } from "../../journal/index.ts";
import { FileSystem, FsError, emptyTree, profiles } from "../../src/fs/index.ts";
import { type Answered, type Asked, Policy, PolicyGate, type Rule } from "../../src/rules/index.ts";

/** A filesystem in memory whose calls are held to rules, by paths; the clock is a number of seconds. */
export interface Ruled {
  readonly fs: FileSystem;
  readonly journal: JournalWriter;
  readonly clock: { seconds: number };
  readonly asked: Asked[];
  readonly mkdir: (path: string) => void;
  readonly write: (path: string, text?: string) => void;
  readonly unlink: (path: string) => void;
  readonly rename: (path: string, to: string) => void;
  readonly exchange: (path: string, to: string) => void;
  readonly link: (path: string, to: string) => void;
  readonly symlink: (target: string, path: string) => void;
  readonly read: (path: string) => string;
  readonly inoAt: (path: string) => number;
}

/** Makes what `before` makes without any rule, and goes on with them. */
export function ruled(
  rules: readonly Rule[],
  before: (files: Ruled) => void = () => {},
  answer: (asked: Asked) => Answered = () => ({ answer: "deny", by: "nobody" }),
): Ruled {
  const clock = { seconds: 1_000 };
  const time = () => BigInt(Math.round(clock.seconds * 1e9));
  const journal = openWriter(":memory:", { now: time });
  const asked: Asked[] = [];
  const policy = new Policy(rules, "guest.wasm");
  const gate = new PolicyGate({
    policy,
    circumstances: {
      get time() {
        return time();
      },
    },
    ask: (one) => {
      asked.push(one);
      return answer(one);
    },
  });
  let isBefore = true;
  const fs = new FileSystem({
    journal,
    tree: emptyTree(),
    limits: profiles.default,
    gate: {
      change: (tree, draft, bytes) => (isBefore ? undefined : gate.change(tree, draft, bytes)),
      happened: (event) => gate.happened(event),
      read: (tree, ino) => (isBefore ? undefined : gate.read(tree, ino)),
    },
  });
  fs.begin({ cause: "guest", guest: "guest.wasm", args: [], environment: [], digest: "" });
  const entry = (path: string) => {
    const place = fs.resolve(rootIno, path, "keep");
    if (place.at !== "entry") throw new FsError("exist", path);
    return place;
  };
  const inoAt = (path: string) => {
    const { ino } = fs.resolve(rootIno, path, "follow");
    if (ino === undefined) throw new FsError("no-entry", path);
    return ino;
  };
  const places = (path: string, to: string) => {
    const [from, into] = [entry(path), entry(to)];
    return { parent: from.parent, name: from.name, toParent: into.parent, toName: into.name };
  };
  const files: Ruled = {
    fs,
    journal,
    clock,
    asked,
    inoAt,
    mkdir: (path) => void fs.perform({ kind: "mkdir", ...named(entry(path)) }),
    write(path, text = "x") {
      const place = fs.resolve(rootIno, path, "follow");
      if (place.at !== "entry") throw new FsError("is-directory", path);
      if (place.ino === undefined) fs.perform({ kind: "create", ...named(place) });
      const bytes = new TextEncoder().encode(text);
      fs.perform({ kind: "write", ino: inoAt(path), offset: 0, length: bytes.length }, bytes);
    },
    unlink: (path) => void fs.perform({ kind: "unlink", ...named(entry(path)) }),
    rename: (path, to) => void fs.perform({ kind: "rename", ...places(path, to) }),
    exchange: (path, to) => void fs.perform({ kind: "exchange", ...places(path, to) }),
    link: (path, to) =>
      void fs.perform({ kind: "link", ino: entry(path).ino ?? rootIno, ...named(entry(to)) }),
    symlink: (target, path) => void fs.perform({ kind: "symlink", ...named(entry(path)), target }),
    read: (path) => new TextDecoder().decode(fs.read(inoAt(path), 0, 1_000)),
  };
  before(files);
  isBefore = false;
  return files;
}

function named({ parent, name }: { readonly parent: typeof rootIno; readonly name: Name }) {
  return { parent, name };
}

/** Returns "done", or the code with which a call was refused. */
export function tried(call: () => unknown): string {
  try {
    call();
    return "done";
  } catch (error) {
    if (error instanceof FsError) return error.code;
    throw error;
  }
}

/** Returns the decisions of a journal, as short texts. */
export function decisionsIn(journal: JournalWriter): string[] {
  return journal
    .events(1, journal.head())
    .flatMap((event) =>
      event.kind === "decision"
        ? [
            `${event.action} ${event.operation} ${event.path}${event.count === undefined ? "" : ` ×${event.count}`}`,
          ]
        : [],
    );
}
