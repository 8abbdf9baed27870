/** wasi:filesystem once more, as simple as possible: names in maps, contents in arrays, errors thrown as codes. */
export interface Node {
  readonly type: "regular-file" | "directory" | "symbolic-link";
  readonly children: Map<string, Node>;
  readonly target: string;
  bytes: Uint8Array;
  links: number;
  atime: bigint;
  mtime: bigint;
  ctime: bigint;
}

/** The place that a path leads to: `name` in the last of `parents`, or without a name that directory itself. */
export interface Spot {
  readonly parent: Node;
  readonly name: string | undefined;
  readonly last: string;
  readonly node: Node | undefined;
  readonly slash: boolean;
}

/** Walks a path; `parents` are the directories from the base to its current place. */
export function walk(
  parents: readonly Node[],
  path: string,
  follow: boolean,
  budget: { left: number },
): Spot {
  const here = parents.at(-1);
  if (here === undefined) throw new Error("a walk needs a directory");
  const [, head = "", , rest = ""] = /^\/*([^/]*)(\/*(.*))$/s.exec(path) ?? [];
  if (head === "") return { parent: here, name: undefined, last: ".", node: here, slash: true };
  if (here.type !== "directory") throw "not-directory";
  const isLast = rest === "";
  const slash = isLast && path.endsWith("/");
  if (head === "." || head === "..") {
    const stack = head === "." ? parents : parents.slice(0, -1);
    const top = stack.at(-1);
    if (top === undefined) throw "not-permitted";
    return isLast
      ? { parent: top, name: undefined, last: head, node: top, slash }
      : walk(stack, rest, follow, budget);
  }
  const node = here.children.get(head);
  if (node?.type === "symbolic-link" && (!isLast || follow)) {
    budget.left -= 1;
    if (budget.left < 0) throw "loop";
    if (node.target.startsWith("/")) throw "not-permitted";
    const onward = isLast ? node.target + (slash ? "/" : "") : `${node.target}/${rest}`;
    return walk(parents, onward, follow, budget);
  }
  if (isLast) return { parent: here, name: head, last: head, node, slash };
  if (node === undefined) throw "no-entry";
  return walk([...parents, node], rest, follow, budget);
}

export function holds(node: Node, below: Node): boolean {
  return node === below || [...node.children.values()].some((child) => holds(child, below));
}
