import type { Event, Ino } from "../../journal/index.ts";
import { overlaid } from "./table/overlay.ts";
import { type Inode, type Tree, inodeOf } from "./tree/tree.ts";

/**
 * Returns the state that some events make of `tree`, without applying them. `applied` is called with some of them when
 * an inode is looked at that they concern: with its own, where each concerns no other one, else with all but such events
 * of other inodes; with all of them for a fact about the whole state. Any other inode is that of `tree`. Returns
 * undefined for events of which it is not known which inodes they concern.
 */
export function laterTree(
  tree: Tree,
  events: readonly Event[],
  applied: (events: readonly Event[]) => Tree,
): Tree | undefined {
  const concerned = new Map<Ino, Event[] | "joint">();
  for (const event of events) {
    const inos = concernedBy(event, tree);
    if (inos === "any") return undefined;
    if (typeof inos === "number") {
      const own = concerned.get(inos);
      if (own === undefined) concerned.set(inos, [event]);
      else if (own !== "joint") own.push(event);
    } else for (const ino of inos) concerned.set(ino, "joint");
  }
  const isJoint = (event: Event): boolean => {
    const inos = concernedBy(event, tree);
    return typeof inos !== "number" || concerned.get(inos) === "joint";
  };
  let all: Tree | undefined;
  const later = (): Tree => (all ??= applied(events));
  let some: Tree | undefined;
  const jointly = (): Tree => all ?? (some ??= applied(events.filter(isJoint)));
  const made = new Map<Ino, Inode | undefined>();
  const inodeAt = (ino: Ino): Inode | undefined => {
    if (made.has(ino)) return made.get(ino);
    const own = concerned.get(ino);
    const inode = inodeOf(own === undefined || own === "joint" ? jointly() : applied(own), ino);
    made.set(ino, inode);
    return inode;
  };
  return {
    inodes: overlaid<Inode>(tree.inodes, concerned.keys(), (ino) => inodeAt(ino as Ino)),
    get nextIno() {
      return later().nextIno;
    },
    get count() {
      return later().count;
    },
    get mapped() {
      return later().mapped;
    },
    get orphans() {
      return later().orphans;
    },
  };
}

/** Returns the inodes that an event may change, make or remove; a single one if it concerns no other. */
function concernedBy(event: Event, tree: Tree): Ino | Iterable<Ino> | "any" {
  switch (event.kind) {
    case "create":
    case "mkdir":
    case "mknod":
    case "symlink":
    case "link":
    case "unlink":
    case "rmdir":
      return [event.ino, event.parent];
    case "rename": {
      const { ino, parent, toParent, replaced } = event;
      return replaced === undefined
        ? [ino, parent, toParent]
        : [ino, parent, toParent, replaced.ino];
    }
    case "exchange":
      return [event.ino, event.other, event.parent, event.toParent];
    case "write":
    case "set-size":
    case "revert":
    case "set-times":
    case "set-mode":
    case "set-xattr":
    case "revert-xattr":
    case "remove-xattr":
      return event.ino;
    case "listing":
      return "any";
    case "run-start":
    case "run-end":
      // Those that came to have no name since are concerned by the event that did it.
      return tree.orphans;
    case "mark":
    case "process":
    case "decision":
    case "fail":
    case "fetch":
    case "read":
    case "open":
      return [];
    default:
      throw new Error(`unknown event kind ${(event satisfies never as Event).kind}`);
  }
}
