import { isUtf8 } from "node:buffer";
import type { Dirent } from "node:fs";
import { posix } from "node:path";
import { z } from "zod";
import { pathMatcher } from "../history/index.ts";
import {
  type Answer,
  ToolError,
  listed,
  mostCharacters,
  mostEntries,
  named,
  say,
} from "./answers/answer.ts";
import { mediaTypeOf } from "./answers/media.ts";
import { occurrenceOf } from "./answers/occurrence.ts";
import { textPage } from "./answers/text-page.ts";
import type { Call } from "./call.ts";
import { type PresentTool, globGiven, pathGiven, presentTool } from "./tool.ts";

const path = pathGiven.describe("A path in the recorded filesystem, from its root /");

/** Tools under the names, and with the arguments, of the reference filesystem server of MCP. */
export const fileTools: readonly PresentTool[] = [
  presentTool({
    name: "read_text_file",
    title: "Read a text file",
    description:
      "Reads a file as UTF-8 text. head or tail give only that many lines; from_line goes on where a long answer was cut.",
    input: {
      path,
      head: z.number().int().min(1).optional(),
      tail: z.number().int().min(1).optional(),
      from_line: z.number().int().min(1).optional(),
    },
    effect: "reads",
    call: (it, given) => readText(it, given.path, given),
  }),
  presentTool({
    name: "read_media_file",
    title: "Read a picture or sound",
    description: "Reads a file of up to 4 MiB as base64, with its type by its name.",
    input: { path },
    effect: "reads",
    call({ fs }, given) {
      const { size } = fs.statSync(given.path);
      if (size > mostMedia)
        throw new ToolError(`${named(given.path)} has ${size} bytes; 4 MiB are given at most`);
      const mimeType = mediaTypeOf(given.path) ?? "application/octet-stream";
      const picture = fs.readFileSync(given.path).toString("base64");
      return { pieces: [{ picture, mimeType, path: given.path }] };
    },
  }),
  presentTool({
    name: "read_multiple_files",
    title: "Read several text files",
    description:
      "Reads up to 50 files. A file that cannot be read is told, and the others are given.",
    input: { paths: z.array(pathGiven).min(1).max(50) },
    effect: "reads",
    call(it, { paths }) {
      const most = Math.floor(mostCharacters / paths.length);
      let left = mostText;
      const pieces = paths.flatMap((one) => {
        try {
          left -= it.fs.statSync(one).size;
          if (left < 0)
            throw new ToolError(
              `these files have more than ${mostText} bytes together; ask for less`,
            );
          return [{ words: `${named(one)}:` }, ...readText(it, one, {}, most).pieces];
        } catch (error) {
          return [{ words: `${named(one)}: cannot be read: ${named(messageOf(error))}` }];
        }
      });
      return { pieces };
    },
  }),
  presentTool({
    name: "write_file",
    title: "Write a file",
    description: "Makes a file, or replaces its content. What it was stays in the history.",
    input: { path, content: z.string() },
    effect: "replaces",
    again: "same",
    call(it, given) {
      const { fs } = it;
      it.record(`write_file ${given.path}`, () => fs.writeFileSync(given.path, given.content));
      return say(`Successfully wrote to ${named(given.path)}`);
    },
  }),
  presentTool({
    name: "edit_file",
    title: "Edit a text file",
    description:
      "Replaces texts, each of which must stand in the file exactly once, in a file of UTF-8 of up to 8 MiB. With dryRun it only checks that.",
    input: {
      path,
      edits: z
        .array(z.object({ oldText: z.string().min(1), newText: z.string() }))
        .min(1)
        .max(100),
      dryRun: z.boolean().default(false),
    },
    effect: "replaces",
    call: (it, given) => {
      const { fs } = it;
      let text = editable(fs, given.path);
      for (const [index, { oldText, newText }] of given.edits.entries()) {
        const at = occurrenceOf(text, oldText);
        if (at === -1)
          throw new ToolError(
            `edit ${index + 1}: its oldText is not in ${named(given.path)}; read the file again`,
          );
        if (occurrenceOf(text, oldText, at + 1) !== -1)
          throw new ToolError(
            `edit ${index + 1}: its oldText is in ${named(given.path)} more than once; give more of the lines around it`,
          );
        text = text.slice(0, at) + newText + text.slice(at + oldText.length);
        if (text.length > mostEdited)
          throw new ToolError(`edit ${index + 1} makes ${named(given.path)} too long to be edited`);
      }
      if (given.dryRun)
        return say(`${given.edits.length} edits would be made to ${named(given.path)}`);
      it.record(`edit_file ${given.path}`, () => fs.writeFileSync(given.path, text));
      return say(
        `Successfully made ${given.edits.length} edits to ${named(given.path)}; diff shows them`,
      );
    },
  }),
  presentTool({
    name: "create_directory",
    title: "Make a directory",
    description:
      "Makes a directory, and those above it that are missing. One that is there is left as it is.",
    input: { path },
    effect: "adds",
    again: "same",
    call(it, given) {
      const { fs } = it;
      it.record(`create_directory ${given.path}`, () =>
        fs.mkdirSync(given.path, { recursive: true }),
      );
      return say(`Successfully created directory ${named(given.path)}`);
    },
  }),
  presentTool({
    name: "list_directory",
    title: "List a directory",
    description: "Lists names, each after [FILE], [DIR] or [LINK].",
    input: { path },
    effect: "reads",
    call: ({ fs }, given) => list(fs.readdirSync(given.path, { withFileTypes: true }), markOf),
  }),
  presentTool({
    name: "list_directory_with_sizes",
    title: "List a directory with sizes",
    description: "Lists names with the sizes of files in bytes, by name or by size.",
    input: { path, sortBy: z.enum(["name", "size"]).default("name") },
    effect: "reads",
    call({ fs }, given) {
      const sized = fs.readdirSync(given.path, { withFileTypes: true }).map((entry) => {
        const { size } = fs.lstatSync(posix.join(given.path, entry.name));
        return { entry, size };
      });
      if (given.sortBy === "size") sized.sort((one, other) => other.size - one.size);
      const sizes = new Map(sized.map(({ entry, size }) => [entry, size]));
      return list(
        sized.map(({ entry }) => entry),
        (entry) => `${markOf(entry)} ${String(sizes.get(entry)).padStart(12)}`,
      );
    },
  }),
  presentTool({
    name: "directory_tree",
    title: "Show a tree of directories",
    description: `Gives all below a directory as JSON: name, type and, of directories, children. At most ${mostEntries} entries.`,
    input: { path, excludePatterns: z.array(globGiven).max(20).default([]) },
    effect: "reads",
    call({ fs }, given) {
      const count = { left: mostEntries };
      const excluded = given.excludePatterns.map(pathMatcher);
      const tree = treeOf(fs, given.path, (name) => excluded.some((fits) => fits(name)), count);
      const cut =
        count.left < 0
          ? [{ words: `(cut after ${mostEntries} entries: ask for a directory below)` }]
          : [];
      return { pieces: [{ words: JSON.stringify(tree) }, ...cut] };
    },
  }),
  presentTool({
    name: "move_file",
    title: "Move or rename",
    description: "Moves a file or directory. It refuses where something is at the destination.",
    input: { source: path, destination: path },
    effect: "replaces",
    call(it, { source, destination }) {
      const { fs } = it;
      if (fs.lstatSync(destination, { throwIfNoEntry: false }) !== undefined)
        throw new ToolError(`${named(destination)} is there already; move it away first`);
      it.record(`move_file ${source}`, () => fs.renameSync(source, destination));
      return say(`Successfully moved ${named(source)} to ${named(destination)}`);
    },
  }),
  presentTool({
    name: "search_files",
    title: "Search names",
    description: "Lists the paths below a directory that a glob pattern fits, such as **/*.ts.",
    input: { path, pattern: globGiven, excludePatterns: z.array(globGiven).max(20).default([]) },
    effect: "reads",
    call({ fs }, given) {
      // A glob finds nothing in a directory that is not there: say so.
      fs.readdirSync(given.path);
      const found = fs.globSync(given.pattern, { cwd: given.path, exclude: given.excludePatterns });
      if (found.length === 0) return say("No matches found");
      return say(
        listed(
          found.map((one) => named(posix.join(given.path, one))),
          "matches",
        ),
      );
    },
  }),
  presentTool({
    name: "get_file_info",
    title: "Show facts about a path",
    description: "Gives type, size, permissions and times of a path.",
    input: { path },
    effect: "reads",
    call({ fs }, given) {
      const stats = fs.lstatSync(given.path);
      const data = {
        size: stats.size,
        modified: stats.mtime.toISOString(),
        accessed: stats.atime.toISOString(),
        isDirectory: stats.isDirectory(),
        isFile: stats.isFile(),
        isSymbolicLink: stats.isSymbolicLink(),
        permissions: (stats.mode & 0o7777).toString(8),
        ...(stats.isSymbolicLink() ? { target: fs.readlinkSync(given.path) } : {}),
      };
      const lines = Object.entries(data).map(([key, value]) => `${key}: ${named(String(value))}`);
      return say(lines.join("\n"), data);
    },
  }),
  presentTool({
    name: "list_allowed_directories",
    title: "List the folders that can be reached",
    description:
      "The recorded filesystem can be reached as a whole, and nothing else of the machine.",
    input: {},
    effect: "reads",
    call: () => say("Allowed directories:\n/"),
  }),
];

/** Reads text, or a part of it, and says where it was cut. */
function readText(
  { fs }: Call,
  at: string,
  part: {
    readonly head?: number | undefined;
    readonly tail?: number | undefined;
    readonly from_line?: number | undefined;
  },
  most = mostCharacters,
): Answer {
  const { size } = fs.statSync(at);
  if (size > mostText)
    throw new ToolError(
      `${named(at)} has ${size} bytes: more than ${mostText} are not read as text`,
    );
  return textPage(fs.readFileSync(at, "utf8"), at, part, most);
}

/** Reads a text that may be written back: its bytes are its characters, all of them. */
function editable(fs: Call["fs"], at: string): string {
  const { size } = fs.statSync(at);
  if (size > mostEdited)
    throw new ToolError(`${named(at)} has ${size} bytes: more than ${mostEdited} are not edited`);
  const bytes = fs.readFileSync(at);
  if (!isUtf8(bytes))
    throw new ToolError(`${named(at)} is no UTF-8 text: an edit would change its other bytes, too`);
  return bytes.toString("utf8");
}

const mostEdited = 8 * 1024 * 1024;
const mostText = 64 * 1024 * 1024;
const mostMedia = 4 * 1024 * 1024;

function list(entries: readonly Dirent[], before: (entry: Dirent) => string): Answer {
  return say(
    listed(
      entries.map((entry) => `${before(entry)} ${named(entry.name)}`),
      "entries",
    ),
  );
}

function markOf(entry: Dirent): string {
  if (entry.isDirectory()) return "[DIR]";
  return entry.isSymbolicLink() ? "[LINK]" : "[FILE]";
}

interface Node {
  readonly name: string;
  readonly type: "file" | "directory" | "symlink";
  readonly children?: readonly Node[];
}

function treeOf(
  fs: Call["fs"],
  at: string,
  isExcluded: (name: string) => boolean,
  count: { left: number },
): Node[] {
  const nodes: Node[] = [];
  for (const entry of fs.readdirSync(at, { withFileTypes: true })) {
    if (isExcluded(entry.name)) continue;
    count.left -= 1;
    if (count.left < 0) return nodes;
    const name = named(entry.name);
    if (!entry.isDirectory()) nodes.push({ name, type: entry.isFile() ? "file" : "symlink" });
    else {
      const children = treeOf(fs, posix.join(at, entry.name), isExcluded, count);
      nodes.push({ name, type: "directory", children });
    }
  }
  return nodes;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
