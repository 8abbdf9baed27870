import { words } from "../../src/text/index.ts";
import { type Line, span } from "../draw/line.ts";

/** Says that a file's bytes were only promised, and cannot be had. */
export const neverRead: Line = [
  span(
    words("Its bytes were never read, and the folder that they came from no longer has them."),
    "dim",
  ),
];
