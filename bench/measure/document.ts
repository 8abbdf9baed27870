import { readFileSync, writeFileSync } from "node:fs";

const document = new URL("../../docs/performance.md", import.meta.url);
const begin =
  "<!-- The output of the benchmark begins here; npm run bench -- --write replaces it. -->";
const end = "<!-- The output of the benchmark ends here. -->";

/** Puts a run's output, with the command that made it, between the document's markers. */
export function writeDocument(output: string, command: string): void {
  const text = readFileSync(document, "utf8");
  const first = text.indexOf(begin);
  const last = text.indexOf(end);
  if (first < 0 || last < first) throw new Error("docs/performance.md has lost its markers");
  const block = ["", "", "```", `$ ${command}`, output, "```", "", ""].join("\n");
  writeFileSync(document, text.slice(0, first + begin.length) + block + text.slice(last));
}
