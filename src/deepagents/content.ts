import { isUtf8 } from "node:buffer";
import { posix } from "node:path";
import type { FileInfo, ReadResult } from "deepagents";
import type { JournalFs } from "../node-fs/index.ts";
import { ToolError, mediaTypeOf, occurrenceOf } from "../tools/index.ts";

/** Most bytes of a file that is read, and of one that is edited. */
const mostRead = 64 * 1024 * 1024;
const mostEdited = 8 * 1024 * 1024;

/** A text where a file is one and its name says nothing else, or its bytes. */
export interface Content {
  readonly content: string | Uint8Array;
  readonly mimeType: string;
}

/** Reads a file. Throws ToolError for one that is too large. */
export function contentOf(fs: JournalFs, path: string, most = mostRead): Content {
  const { size } = fs.statSync(path);
  if (size > most) throw new ToolError(`it has ${size} bytes; ${most} are read at most`);
  const bytes = fs.readFileSync(path);
  const mimeType = mediaTypeOf(path);
  if (mimeType === undefined && isUtf8(bytes))
    return { content: bytes.toString("utf8"), mimeType: "text/plain" };
  return { content: new Uint8Array(bytes), mimeType: mimeType ?? "application/octet-stream" };
}

/** Returns the lines of a text that were asked for, and which they are. */
export function linesOf(text: string, offset: number, limit: number): ReadResult {
  let [start, first] = [0, 0];
  for (; first < offset && start < text.length; first += 1) start = endOfLine(text, start);
  let [end, last] = [start, first];
  for (; last < first + limit && end < text.length; last += 1) end = endOfLine(text, end);
  let totalLines = last;
  for (let at = end; at < text.length; totalLines += 1) at = endOfLine(text, at);
  if (offset > 0 && offset >= totalLines)
    throw new ToolError(`Line offset ${offset} exceeds file length (${totalLines} lines)`);
  const isCut = text[end - 1] === "\n" && (end < text.length || limit === 0);
  const content = text.slice(start, isCut ? end - 1 : end);
  if (last === first) return { content };
  const more = last < totalLines ? { nextOffset: last } : {};
  return { content, totalLines, startLine: first + 1, endLine: last, ...more };
}

function endOfLine(text: string, start: number): number {
  const at = text.indexOf("\n", start);
  return at === -1 ? text.length : at + 1;
}

/** Returns the bytes to write for what a tool was given: of a picture or a sound it is base64. */
export function bytesGiven(path: string, content: string): Uint8Array {
  const bytes = Buffer.from(content, "base64");
  const isEncoded = mediaTypeOf(path) !== undefined && bytes.toString("base64") === content;
  return isEncoded ? bytes : Buffer.from(content);
}

/** Replaces a text that stands in a file once, or wherever it stands, and returns how often. Throws ToolError. */
export function replace(
  fs: JournalFs,
  path: string,
  { sought, by, all }: { readonly sought: string; readonly by: string; readonly all: boolean },
): number {
  const { content: text } = contentOf(fs, path, mostEdited);
  if (typeof text !== "string") throw new ToolError("it is no UTF-8 text");
  if (sought === "" && text !== "")
    throw new ToolError("old_string must not be empty unless the file is");
  if (sought === "") {
    fs.writeFileSync(path, by);
    return 1;
  }
  const pieces: string[] = [];
  let end = 0;
  for (let at = occurrenceOf(text, sought); at !== -1; at = occurrenceOf(text, sought, end)) {
    pieces.push(text.slice(end, at));
    end = at + sought.length;
    if (pieces.length > 1 && !all)
      throw new ToolError(
        "its old_string has multiple occurrences: replace_all, or more of the lines around it",
      );
  }
  if (pieces.length === 0)
    throw new ToolError("its old_string is not found in it; read the file again");
  fs.writeFileSync(path, [...pieces, text.slice(end)].join(by));
  return pieces.length;
}

/** Makes or replaces a file, and the directories above it that are missing. */
export function put(fs: JournalFs, path: string, bytes: Uint8Array): void {
  const above = posix.dirname(path);
  if (!fs.existsSync(above)) fs.mkdirSync(above, { recursive: true });
  fs.writeFileSync(path, bytes);
}

/** Returns what a listing tells of a path; of a symlink what it leads to, as far as it does. */
export function infoOf(fs: JournalFs, path: string): FileInfo {
  const stats = fs.statSync(path, { throwIfNoEntry: false }) ?? fs.lstatSync(path);
  const isDirectory = stats.isDirectory();
  return {
    path: isDirectory ? `${path}/` : path,
    is_dir: isDirectory,
    size: isDirectory ? 0 : stats.size,
    modified_at: stats.mtime.toISOString(),
  };
}
