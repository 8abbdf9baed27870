import type { Event, Ino, Name } from "../../../journal/index.ts";
import { type Tree, blockBytes, inodeOf, takesModeOf } from "../../fs/index.ts";
import type { Touched } from "./delta-writer.ts";

/** The changes of inodes that events made, by inode. */
export type TouchedInodes = Map<Ino, Touched>;

/** Notes the changes that an event is about to make. Must be called before it is applied. */
export function touch(touched: TouchedInodes, tree: Tree, event: Event): void {
  switch (event.kind) {
    case "create":
    case "mkdir":
    case "mknod":
    case "symlink":
      noteOf(touched, event.ino).whole = true;
      return noteEntry(touched, event.parent, event.name);
    case "link":
    case "unlink":
    case "rmdir":
      noteOf(touched, event.ino).names = true;
      return noteEntry(touched, event.parent, event.name);
    case "rename":
      noteOf(touched, event.ino).names = true;
      if (event.replaced !== undefined) {
        const [inode, replaced] = [inodeOf(tree, event.ino), inodeOf(tree, event.replaced.ino)];
        noteOf(touched, event.replaced.ino).names = true;
        if (inode !== undefined && replaced !== undefined && takesModeOf(inode, replaced))
          noteOf(touched, event.ino).mode = true;
      }
      noteEntry(touched, event.parent, event.name);
      return noteEntry(touched, event.toParent, event.toName);
    case "exchange":
      noteOf(touched, event.ino).names = true;
      noteOf(touched, event.other).names = true;
      noteEntry(touched, event.parent, event.name);
      return noteEntry(touched, event.toParent, event.toName);
    case "set-xattr":
    case "revert-xattr":
    case "remove-xattr":
      noteOf(touched, event.ino).xattrs = true;
      return;
    case "write": {
      const { blocks } = noteOf(touched, event.ino);
      if (blocks === "all") return;
      const last = Math.floor((event.offset + event.length - 1) / blockBytes);
      for (let index = Math.floor(event.offset / blockBytes); index <= last; index += 1)
        blocks.add(index);
      return;
    }
    case "set-size": {
      const note = noteOf(touched, event.ino);
      const inode = inodeOf(tree, event.ino);
      note.size = true;
      if (inode?.type === "file" && event.size < inode.content.size) {
        note.cut = Math.min(note.cut, event.size);
      }
      return;
    }
    case "revert": {
      const note = noteOf(touched, event.ino);
      note.size = true;
      note.cut = 0;
      note.blocks = "all";
      return;
    }
    case "set-times":
      if (event.atime !== undefined) noteOf(touched, event.ino).atime = true;
      else noteOf(touched, event.ino);
      return;
    case "set-mode":
      noteOf(touched, event.ino).mode = true;
      return;
    case "listing": {
      noteOf(touched, event.ino).whole = true;
      // One note for all, as nothing else of it counts.
      const note = { ...noteOf(touched, event.ino) };
      for (let ino: number = event.first; ino < event.first + event.entries; ino += 1)
        touched.set(ino as Ino, note);
      return;
    }
    case "run-end":
      for (const ino of tree.orphans) noteOf(touched, ino);
      return;
    case "run-start":
    case "mark":
    case "process":
    case "decision":
    case "fetch":
    case "fail":
    case "read":
    case "open":
      return;
    default:
      throw new Error(`unknown event kind ${(event satisfies never as Event).kind}`);
  }
}

function noteEntry(touched: TouchedInodes, parent: Ino, name: Name): void {
  noteOf(touched, parent).entries.add(name);
}

function noteOf(touched: TouchedInodes, ino: Ino): Touched {
  let note = touched.get(ino);
  if (note === undefined) {
    note = {
      whole: false,
      names: false,
      atime: false,
      mode: false,
      xattrs: false,
      size: false,
      cut: Number.POSITIVE_INFINITY,
      blocks: new Set(),
      entries: new Set(),
    };
    touched.set(ino, note);
  }
  return note;
}
