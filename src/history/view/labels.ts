import type { Journal, Run } from "../../../journal/index.ts";

/** Returns the name and the text that `label:NAME=TEXT` asks for; undefined for anything else. */
export function labelIn(text: string): readonly [string, string] | undefined {
  const found = /^label:([^=]+)=(.*)$/su.exec(text);
  return found === null ? undefined : [found[1] ?? "", found[2] ?? ""];
}

/** Returns the runs that have a label, in order. */
export function runsLabelled(journal: Journal, [name, value]: readonly [string, string]): Run[] {
  return journal.runs().filter(({ start }) => start.labels?.get(name) === value);
}
