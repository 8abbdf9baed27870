import type { TreeData } from "../format/data.ts";
import { el } from "./dom.ts";

/** Bounds the rows that are drawn. */
const mostRows = 3_000;

type Status = "" | "added" | "modified" | "removed" | "renamed";

/** Shows the tree at a moment, with what was changed since the record began. */
export class TreeView {
  readonly element = el("div", "tree mono");
  readonly #data: TreeData;

  constructor(data: TreeData) {
    this.#data = data;
  }

  /** `since`: what happened later than that counts as a change. */
  show(seq: number, since: number): void {
    const paths = new Map<string, Status>();
    for (const path of this.#data.start) paths.set(path, "");
    for (const step of this.#data.steps) {
      if (step[0] > seq) break;
      follow(paths, step, step[0] > since);
    }
    const all = [...paths.keys()].sort();
    const rows = all.slice(0, mostRows).map((path) => {
      const names = path.replace(/\/$/, "").split("/");
      const name = names.at(-1) ?? "";
      const indent = "  ".repeat(Math.max(0, names.length - 2));
      const label = el("span", paths.get(path) ?? "", path.endsWith("/") ? `${name}/` : name);
      const row = el("div", "", indent, label);
      row.title = path;
      return row;
    });
    if (all.length > rows.length)
      rows.push(el("div", "dim", `and ${all.length - rows.length} more`));
    if (rows.length === 0) rows.push(el("div", "dim", "empty"));
    this.element.replaceChildren(...rows);
  }
}

function follow(
  paths: Map<string, Status>,
  [, did, path, to]: TreeData["steps"][number],
  counts: boolean,
): void {
  const status = paths.get(path);
  if (did === "+") paths.set(path, counts ? (status === "removed" ? "modified" : "added") : "");
  else if (did === "~") {
    if (counts && status === "") paths.set(path, "modified");
  } else if (did === "-") {
    if (counts && status !== "added") paths.set(path, "removed");
    else paths.delete(path);
  } else if (to !== undefined) rename(paths, path, to, counts);
}

/** Moves a path, and all below a directory. */
function rename(paths: Map<string, Status>, from: string, to: string, counts: boolean): void {
  const status = paths.get(from);
  if (status !== undefined) {
    paths.delete(from);
    const before = paths.get(to);
    paths.set(to, counts ? (before === undefined ? "renamed" : "modified") : "");
    return;
  }
  const below = [...paths].filter(([path]) => path.startsWith(`${from}/`));
  for (const [path, was] of below) {
    paths.delete(path);
    paths.set(to + path.slice(from.length), counts && was === "" ? "renamed" : was);
  }
}
