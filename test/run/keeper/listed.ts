import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

import { openWriter } from "../../../journal/index.ts";
import { FileSystem, emptyTree, profiles } from "../../../src/fs/index.ts";
import { openHistory } from "../../../src/history/index.ts";
import { importDirectory } from "../../../src/host/index.ts";
import { Workplace } from "../support.ts";

/** Returns a place with a folder `host` that was listed to /in, as if none of its files had been changed lately. */
export function listed(files: Readonly<Record<string, string>>): Workplace {
  const workplace = new Workplace();
  const host = workplace.path("host");
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(`${host}/${path}`), { recursive: true });
    writeFileSync(`${host}/${path}`, content);
  }
  const journal = openWriter(workplace.journal);
  const fs = new FileSystem({ journal, tree: emptyTree(), limits: profiles.default });
  const now = () => 2n ** 62n;
  importDirectory(fs, host, "/in", { history: openHistory(journal), bytes: "when needed", now });
  journal.close();
  return workplace;
}
