// Takes the pictures of the debugger in README.md and docs/tui.md again: `npm run build && node .ci/docs/pictures.ts`. It
// records the demo and types into the debugger in tmux, so that what stands there is what a terminal shows.
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";

const root = new URL("../..", import.meta.url).pathname;
const rewindfs = [process.execPath, join(root, "dist/main.js")] as const;

interface Picture {
  /** The NAME in `<!-- picture: NAME -->`, just before the picture. */
  readonly name: string;
  readonly in: "README.md" | "docs/tui.md";
  readonly size: readonly [columns: number, rows: number];
  readonly at: number;
  /** The names of keys in tmux. */
  readonly keys: readonly string[];
}

/** The event with which the demo's program edits a setting, and the last one before that program. */
const edit = 23;
const before = 13;

const pictures: readonly Picture[] = [
  { name: "demo", in: "README.md", size: [96, 24], at: edit, keys: [] },
  { name: "first", in: "docs/tui.md", size: [120, 36], at: edit, keys: [] },
  { name: "blame", in: "docs/tui.md", size: [80, 24], at: edit, keys: ["0", "]", "]", "g", "j"] },
  {
    name: "filter",
    in: "docs/tui.md",
    size: [80, 24],
    at: edit + 3,
    keys: ["f", "op:write path:*.json", "Enter"],
  },
  { name: "text", in: "docs/tui.md", size: [80, 24], at: edit, keys: ["t", "EUR", "Enter"] },
  { name: "compare", in: "docs/tui.md", size: [80, 24], at: before, keys: ["v", "G", "0"] },
  {
    name: "restore",
    in: "docs/tui.md",
    size: [120, 36],
    at: edit,
    keys: ["2", "k", "k", "k", "r"],
  },
  { name: "narrow", in: "docs/tui.md", size: [48, 16], at: edit, keys: [] },
  { name: "narrow-diff", in: "docs/tui.md", size: [48, 16], at: edit, keys: ["0"] },
];

const directory = mkdtempSync(join(tmpdir(), "rewindfs-pictures-"));
try {
  cpSync(join(root, "examples/shop"), join(directory, "shop"), { recursive: true });
  const run = ["-j", "demo.db", "run", "--dir", "shop::/shop", "python", "/shop/report.py"];
  execFileSync(rewindfs[0], [rewindfs[1], ...run], { cwd: directory, stdio: "ignore" });
  for (const picture of pictures) put(picture, await taken(picture));
} finally {
  rmSync(directory, { recursive: true, force: true });
}

async function taken({ name, size: [columns, rows], at, keys }: Picture): Promise<string> {
  const command = [...rewindfs, "-j", "demo.db", "tui", "--at", String(at)];
  const environment = ["env", "LANG=C.UTF-8", "TZ=UTC"];
  const size = ["-x", String(columns), "-y", String(rows)];
  tmux("new-session", "-d", "-s", name, "-c", directory, ...size, ...environment, ...command);
  const screen = () => tmux("capture-pane", "-p", "-t", name);
  try {
    await settled(screen);
    for (const key of keys) {
      tmux("send-keys", "-t", name, key);
      await settled(screen);
    }
    return screen();
  } finally {
    tmux("kill-session", "-t", name);
  }
}

/** Waits until something is shown, and stays the same for a while. */
async function settled(screen: () => string): Promise<void> {
  for (let [before, same] = ["", 0]; same < 5;) {
    await wait(100);
    const now = screen();
    same = now === before && now.trim() !== "" ? same + 1 : 0;
    before = now;
  }
}

/** A server of its own, without the user's settings. */
function tmux(...args: readonly string[]): string {
  const own = ["-L", `rewindfs-pictures-${process.pid}`, "-f", "/dev/null"];
  return execFileSync("tmux", [...own, ...args], { encoding: "utf8" });
}

function put({ name, in: file }: Picture, text: string): void {
  const path = join(root, file);
  const whole = readFileSync(path, "utf8");
  const place = new RegExp(`(<!-- picture: ${name} -->\n\`\`\`text\n)[^]*?(\`\`\`\n)`);
  if (!place.test(whole)) throw new Error(`${file} has no picture "${name}"`);
  writeFileSync(
    path,
    whole.replace(place, (_, start: string, end: string) => start + text + end),
  );
}
