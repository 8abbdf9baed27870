import { openWriter } from "../../journal/index.ts";
import type { Workplace } from "../run/support.ts";

/** Records a journal with a secret, a file in its place, and a file in another directory. */
export function recordBefore(workplace: Workplace): void {
  const journal = openWriter(workplace.journal);
  const start = {
    kind: "run-start",
    cause: "guest",
    guest: "before",
    args: [],
    environment: [],
    digest: "",
  } as const;
  journal.append({ ...start, limits: new Map() });
  const file = (ino: number, parent: number, path: string, name: string, text: string): void => {
    journal.append({ kind: "create", ino, parent, path, name } as never);
    journal.append(
      { kind: "write", ino, path, offset: 0, length: text.length } as never,
      Buffer.from(text),
    );
  };
  file(2, 1, "/deleted", "deleted", "SECRET");
  journal.append({
    kind: "unlink",
    ino: 2,
    parent: 1,
    path: "/deleted",
    name: "deleted",
    kept: false,
  } as never);
  for (const [ino, name] of [
    [3, "in"],
    [4, "out"],
  ] as const)
    journal.append({ kind: "mkdir", ino, parent: 1, path: `/${name}`, name } as never);
  file(5, 3, "/in/seen", "seen", "PUBLIC");
  file(6, 4, "/out/unseen", "unseen", "HIDDEN");
  journal.append({ kind: "run-end", exit: 0 });
  journal.close();
}
