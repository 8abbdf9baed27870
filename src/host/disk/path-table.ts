import { foldedName } from "./folded-name.ts";

/** Names and endings of paths, in lower case; `*` stands for any part of one name, `**` for any folders. */
export interface PathRow {
  readonly paths: readonly string[];
}

/** Returns a search for the first row that matches a path in any spelling, and for its place in the table. */
export function pathTable<Row extends PathRow>(
  rows: readonly Row[],
): (path: string) => { readonly row: Row; readonly rank: number } | undefined {
  const compiled = rows.map((row) => ({ row, matches: matcherOf(row.paths) }));
  // Most paths are in no row, which one test tells.
  const isInAny = matcherOf(rows.flatMap(({ paths }) => paths));
  return (path) => {
    const names = foldedNames(path);
    if (!isInAny(names)) return undefined;
    const rank = compiled.findIndex(({ matches }) => matches(names));
    const found = compiled[rank];
    return found === undefined ? undefined : { row: found.row, rank };
  };
}

/** Returns a test for paths that a link can have to stand for the folders in which a pattern's files are. */
export function foldersOfTable(rows: readonly PathRow[]): (path: string) => boolean {
  const folders = rows.flatMap(({ paths }) =>
    paths.flatMap((path) => {
      const names = path.replace(/\/\*\*$/, "").split("/");
      return names.slice(1).map((_, index) => names.slice(0, index + 1).join("/"));
    }),
  );
  const matches = matcherOf(folders);
  return (path) => matches(foldedNames(path));
}

function foldedNames(path: string): readonly string[] {
  return path
    .split(/[/\\]/)
    .map(foldedName)
    .filter((name) => name !== "");
}

/** Builds a quick test: the last name settles most paths, and one expression covers the rest of a row. */
function matcherOf(paths: readonly string[]): (names: readonly string[]) => boolean {
  const plain = new Set(paths.filter((path) => !/[*/]/.test(path)));
  const others = paths.filter((path) => /[*/]/.test(path)).map(sourceOf);
  const expression = new RegExp(`/(?:${others.join("|")})$`);
  return (names) =>
    plain.has(names.at(-1) ?? "") || (others.length > 0 && expression.test(`/${names.join("/")}`));
}

/** Translates a pattern; `.vim/**` also matches `.vim` itself, which may be a link. */
function sourceOf(path: string): string {
  const source = path
    .replace(/\/\*\*$/, "")
    .replaceAll(/[.+$()|[\]]/g, String.raw`\$&`)
    .replaceAll("*", "[^/]*");
  return path.endsWith("/**") ? `${source}(?:/.*)?` : source;
}
