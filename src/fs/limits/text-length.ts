import type { Draft } from "../../../journal/index.ts";

/** Estimates the bytes that an event's texts add to the journal. */
export function textLength(draft: Draft): number {
  switch (draft.kind) {
    case "rename":
    case "exchange":
      return draft.path.length + draft.to.length;
    case "set-xattr":
    case "revert-xattr":
    case "remove-xattr":
      return draft.path.length + draft.attribute.length;
    case "process":
      return draft.args.reduce((sum, { length }) => sum + length, draft.executable?.length ?? 0);
    case "revert":
      return draft.path.length + draft.extents.length * extentLength;
    case "decision":
      return draft.path.length + draft.rule.length;
    case "symlink":
      return draft.path.length + draft.target.length;
    case "run-start":
    case "run-end":
    case "mark":
      return 0;
    case "create":
    case "mkdir":
    case "mknod":
    case "link":
    case "unlink":
    case "rmdir":
    case "write":
    case "set-size":
    case "set-times":
    case "set-mode":
    case "listing":
    case "fetch":
    case "fail":
    case "read":
    case "open":
      return draft.path.length;
  }
}

/** About what one of many extents takes as text. */
const extentLength = 24;
