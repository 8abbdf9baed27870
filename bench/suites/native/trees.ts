import { hash } from "node:crypto";
import { lstatSync, readFileSync, readdirSync, readlinkSync } from "node:fs";
import { join } from "node:path";

/** Facts of a path that are compared. */
export type Fact = "bytes" | "modes" | "links" | "times";

/** Lists the differences between two folders, a line each; paths that a pattern matches are left out. */
export function differences(
  one: string,
  other: string,
  facts: readonly Fact[],
  except: RegExp | undefined,
): readonly string[] {
  const [first, second] = [describe(one, facts, except), describe(other, facts, except)];
  const paths = new Set([...first.keys(), ...second.keys()]);
  return [...paths].sort().flatMap((path) => {
    const [a, b] = [first.get(path), second.get(path)];
    return a === b
      ? []
      : [`${path}: ${a ?? "is not there"} on the disk, ${b ?? "is not there"} in the journal`];
  });
}

function describe(
  root: string,
  facts: readonly Fact[],
  except: RegExp | undefined,
): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  /** The first path of each inode: names of the same file are told by it. */
  const firstPaths = new Map<bigint, string>();
  const walk = (below: string): void => {
    for (const name of readdirSync(join(root, below)).sort()) {
      const path = below === "" ? name : `${below}/${name}`;
      if (except?.test(path) === true) continue;
      const stat = lstatSync(join(root, path), { bigint: true });
      const told = [typeOf(stat)];
      if (facts.includes("modes") && !stat.isSymbolicLink())
        told.push((Number(stat.mode) & 0o7777).toString(8));
      if (facts.includes("times")) told.push(String(stat.mtimeNs / 1_000n));
      if (stat.isSymbolicLink()) told.push(readlinkSync(join(root, path)));
      if (stat.isFile()) {
        if (facts.includes("bytes")) told.push(digestOf(readFileSync(join(root, path))));
        const first = firstPaths.get(stat.ino) ?? path;
        firstPaths.set(stat.ino, first);
        if (facts.includes("links")) told.push(first === path ? "itself" : `the file ${first}`);
      }
      found.set(path, told.join(" "));
      if (stat.isDirectory()) walk(path);
    }
  };
  walk("");
  return found;
}

function typeOf(stat: { isDirectory(): boolean; isSymbolicLink(): boolean }): string {
  if (stat.isDirectory()) return "directory";
  return stat.isSymbolicLink() ? "symlink" : "file";
}

function digestOf(bytes: Uint8Array): string {
  return `${bytes.length}:${hash("sha256", bytes).slice(0, 16)}`;
}
