import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** A resource that a group of processes can be held to, by the name of the limit. */
export type Resource = "memory" | "processes";

const controllers: Readonly<Record<Resource, string>> = { memory: "memory", processes: "pids" };
const resources = ["memory", "processes"] as const;

/** A group in which groups for some resources can perhaps be made. */
export interface Parent {
  readonly parent: string;
  readonly resources: readonly Resource[];
  readonly version: 1 | 2;
}

/** Lists the groups above which this process is: of cgroups(7), version 2 first, and 1 where a system still has that. */
export function groupsOf(
  mounts = textOf("/proc/self/mountinfo"),
  own = textOf("/proc/self/cgroup"),
): readonly Parent[] {
  const found: Parent[] = [];
  for (const line of mounts.split("\n")) {
    // ID PARENT DEVICE ROOT POINT OPTIONS… - TYPE SOURCE SUPER-OPTIONS
    const [before = "", after = ""] = line.split(" - ");
    const [, , , root = "", point = ""] = before.split(" ");
    const [type, , options = ""] = after.split(" ");
    if (type === "cgroup2") found.unshift(...unified(point, root, pathIn(own, "")));
    if (type !== "cgroup") continue;
    for (const one of resources) {
      const controller = controllers[one];
      if (!options.split(",").includes(controller)) continue;
      const parent = below(point, root, pathIn(own, controller));
      if (parent !== undefined) found.push({ parent, resources: [one], version: 1 });
    }
  }
  return found;
}

/**
 * In version 2 a group with processes has no groups that are held to anything, but for the uppermost: new ones are made
 * beside that of this process.
 */
function unified(point: string, root: string, path: string | undefined): readonly Parent[] {
  const here = below(point, root, path);
  if (here === undefined) return [];
  const parent = here === point ? here : dirname(here);
  const control = join(parent, "cgroup.subtree_control");
  const controls = textOf(control).trim().split(" ");
  const enabled = resources.filter((one) => controls.includes(controllers[one]));
  return [{ parent, resources: enabled, version: 2 }];
}

/** Returns the folder of a path among groups, where the mount shows it. */
function below(point: string, root: string, path: string | undefined): string | undefined {
  if (path === undefined || path.split("/").includes("..")) return undefined;
  if (root === "/") return join(point, path).replace(/\/$/, "");
  if (path === root) return point;
  return path.startsWith(`${root}/`) ? join(point, path.slice(root.length)) : undefined;
}

/** Finds the path of this process's group: cgroups(7), "/proc/pid/cgroup". */
function pathIn(own: string, controller: string): string | undefined {
  for (const line of own.split("\n")) {
    const [, names = "", path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    if (path !== undefined && names.split(",").includes(controller)) return path;
  }
  return undefined;
}

function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
