import type { Event, Ino } from "../../journal/index.ts";
import { overlaid } from "./table/overlay.ts";
import { type Inode, type Tree, inodeOf } from "./tree/tree.ts";

/**
 * Returns the state that some events make of `tree`, without applying them: `made` is called when one of the inodes that
 * they concern is looked at, or a fact about the whole state. Any other inode is that of `tree`. Returns undefined for
 * events of which it is not known which inodes they concern.
 */
export function laterTree(
  tree: Tree,
  events: readonly Event[],
  made: () => Tree,
): Tree | undefined {
  const concerned: Ino[] = [];
  for (const event of events) {
    const inos = concernedBy(event, tree);
    if (inos === "any") return undefined;
    concerned.push(...inos);
  }
  let known: Tree | undefined;
  const later = (): Tree => (known ??= made());
  return {
    inodes: overlaid<Inode>(tree.inodes, concerned, (ino) => inodeOf(later(), ino as Ino)),
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

/** Returns the inodes that an event may change, make or remove. */
function concernedBy(event: Event, tree: Tree): Iterable<Ino> | "any" {
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
      return [event.ino];
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
