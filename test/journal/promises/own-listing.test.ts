import { appendFileSync, lstatSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

import {
  type Ino,
  JournalError,
  type Listed,
  type TapePosition,
  openReader,
  openWriter,
  promisedFrom,
  sealedListing,
  stampOf,
} from "../../../journal/index.ts";
import { runStart } from "../support-steps.ts";
import { listOf } from "../../support/journals/list-of.ts";
import { withTemporary } from "../../support/temporary.ts";

/** A journal with a listing of a folder that has one file, whose list is sealed as that of `sealedAs`. */
function withListing(
  run: (place: { readonly journal: string; readonly file: string }) => void,
  sealedAs?: string,
): void {
  withTemporary((directory) => {
    const folder = join(directory, "folder");
    mkdirSync(folder);
    const file = join(folder, "f");
    writeFileSync(file, "secret");
    const stamp = stampOf(lstatSync(file, { bigint: true }));
    const entries: Listed[] = [{ type: "file", name: "f", mode: 0o644, atime: 0n, ...stamp }];
    const list = sealedListing(sealedAs ?? folder, listOf(1, entries));
    const journal = join(directory, "journal.db");
    const writer = openWriter(journal);
    writer.append(runStart);
    const start = promisedFrom as TapePosition;
    writer.append(
      {
        kind: "listing",
        ino: 1 as Ino,
        path: "/",
        from: folder,
        first: 2 as Ino,
        entries: 1,
        promised: 6,
        start,
        length: list.length,
      },
      list,
    );
    writer.append({ kind: "run-end", exit: 0 });
    writer.close();
    run({ journal, file });
  });
}

function read(journal: string): string {
  const reader = openReader(journal);
  try {
    const bytes = new Uint8Array(6);
    reader.readTape(promisedFrom as TapePosition, 6, bytes);
    return Buffer.from(bytes).toString();
  } catch (error) {
    if (error instanceof JournalError) return error.code;
    throw error;
  } finally {
    reader.close();
  }
}

test("bytes that a user's own program promised are read from the folder while the file is as it was", () => {
  withListing(({ journal, file }) => {
    expect(read(journal)).toBe("secret");
    appendFileSync(file, "more");
    expect(read(journal)).toBe("unread");
  });
});

test("a list that is not this user's own gets no file of the host read", () => {
  withListing(({ journal }) => expect(read(journal)).toBe("unread"), "/another/folder");
});
