// Writes docs/rewindfs.1 and docs/keys.md, and the parts of README.md and journal/DESIGN.md that follow from the code:
// `npm run docs`. A test fails when they are stale.
import { readFileSync, writeFileSync } from "node:fs";

import { commands } from "../../src/cli/commands.ts";
import { commandTable } from "../../src/cli/shell/command-table.ts";
import { manPage } from "../../src/cli/shell/man-page.ts";
import { keyTable } from "../../tui/keys/key-table.ts";
import { bytesTable, rowTable } from "./journal-tables.ts";

const readme = new URL("../../README.md", import.meta.url);
const keys = new URL("../../docs/keys.md", import.meta.url);
const format = new URL("../../journal/DESIGN.md", import.meta.url);

/** README.md with its generated blocks as they should be now. */
export function withGeneratedBlocks(text: string): string {
  const rows = commands.map(({ name, summary }) => `| \`${name}\` | ${summary} |`);
  const table = ["| command | |", "| --- | --- |", ...rows].join("\n");
  return withBlock(withBlock(text, "commands", table), "keys", keyTable("###").trimEnd());
}

/** docs/keys.md with its tables as they should be now. */
export function withKeys(text: string): string {
  return text.slice(0, text.indexOf("## ")) + keyTable();
}

/** journal/DESIGN.md with its tables of the kinds of events as they should be now. */
export function withTablesOfKinds(text: string): string {
  return withBlock(withBlock(text, "rows", rowTable()), "bytes", bytesTable());
}

/** The manual page as it should be now. */
export async function currentManPage(): Promise<string> {
  const { version }: { version: string } = JSON.parse(
    readFileSync(new URL("../../package.json", import.meta.url), "utf8"),
  );
  return manPage(await commandTable(commands), version);
}

function withBlock(text: string, name: string, block: string): string {
  const pattern = new RegExp(`(<!-- ${name} -->\n)[^]*?(<!-- /${name} -->)`);
  if (!pattern.test(text)) throw new Error(`there is no block "${name}"`);
  return text.replace(
    pattern,
    (_, before: string, after: string) => `${before}\n${block}\n\n${after}`,
  );
}

if (import.meta.main) {
  writeFileSync(new URL("../../docs/rewindfs.1", import.meta.url), await currentManPage());
  writeFileSync(readme, withGeneratedBlocks(readFileSync(readme, "utf8")));
  writeFileSync(keys, withKeys(readFileSync(keys, "utf8")));
  writeFileSync(format, withTablesOfKinds(readFileSync(format, "utf8")));
}
