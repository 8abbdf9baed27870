// Installs the packed program, as users do, with the oldest Node.js that `engines` allows, and tries the main commands,
// the library, its adapters, the server for agents, native programs and the debugger there; and the message for an
// older Node.js. `npm run floor`.
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { spawn } from "@lydell/node-pty";

import { nodeProblem } from "../src/text/node-version.ts";

const root = join(import.meta.dirname, "..");
const { engines }: { engines: { node: string } } = JSON.parse(
  readFileSync(join(root, "package.json"), "utf8"),
);
const floor = `${engines.node.replace(/^>=/, "")}.0`;

const folder = mkdtempSync(join(tmpdir(), "rewindfs-floor-"));
try {
  const tarball = npm(root, "pack", "--ignore-scripts", "--pack-destination", folder).trim();
  const peers = ["@modelcontextprotocol/sdk", "zod", "just-bash"];
  const at = installed("floor", `node@${floor}`, join(folder, tarball), ...peers);
  const node = join(at, "node_modules", ".bin", "node");
  const program = join(at, "node_modules", "rewindfs", "dist");
  await tryFloor(at, node, join(program, "main.js"));
  const old = oldNode() ?? join(installed("old", "node@20"), "node_modules", ".bin", "node");
  tryOld(old, program);
  process.stdout.write(
    `The packed program works on Node.js ${floor}, and tells ${versionOf(old)} what it needs.
`,
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function installed(name: string, ...packages: readonly string[]): string {
  const at = join(folder, name);
  mkdirSync(at);
  writeFileSync(join(at, "package.json"), '{ "private": true, "type": "module" }');
  npm(at, "install", "--no-fund", "--no-audit", "--prefer-offline", ...packages);
  return at;
}

/** Finds the machine's own Node.js, if it is too old. */
function oldNode(): string | undefined {
  const path = (process.env["PATH"] ?? "").split(delimiter);
  const nodes = path.map((place) => join(place, "node")).filter((node) => existsSync(node));
  return nodes.find((node) => nodeProblem(versionOf(node)) !== undefined);
}

function versionOf(node: string): string {
  return execFileSync(node, ["--version"], { encoding: "utf8" }).trim().slice(1);
}

async function tryFloor(at: string, node: string, main: string): Promise<void> {
  const run = (...args: string[]): string => told(at, node, [main, ...args], 0).stdout;
  mkdirSync(join(at, "app"));
  writeFileSync(join(at, "app", "before.txt"), "before\n");
  const script = "open('/app/after.txt', 'w').write('after\\n')";
  run("run", "--dir", "app::/app", "python", "-c", script);
  expect(run("log"), "/app/after.txt");
  expect(run("verify"), "ok");
  expect(run("diff"), "+after");
  expect(run("blame", "/app/after.txt"), "after");
  expect(run("apply", "app"), "after.txt");
  expect(readFileSync(join(at, "app", "after.txt"), "utf8"), "after\n");
  run("undo", "--run", "2");
  run("export", "out");
  const library =
    'import { openReader } from "rewindfs"; console.log(openReader("rewind.db").head());';
  told(at, node, ["--input-type=module", "-e", library], 0);
  tryAdapters(at, node);
  tryServer(at, node, main);
  if (existsSync("/dev/fuse")) tryNative(join(at, "app"), node, main);
  await debuggerShows(at, node, main);
}

function tryAdapters(at: string, node: string): void {
  const script = `
    import { Bash } from "just-bash";
    import { openFileSystem } from "rewindfs";
    import { liveFs, pastFs } from "rewindfs/fs";
    import { liveBashFs } from "rewindfs/just-bash";
    const files = openFileSystem("adapters.db");
    liveFs(files).writeFileSync("/one", "1");
    const bash = new Bash({ fs: liveBashFs(files), cwd: "/" });
    await files.run("bash", () => bash.exec("echo 2 > two"));
    console.log(pastFs(files, "run:1").readdirSync("/").join(), liveFs(files).readFileSync("/two", "utf8"));
    files.close();`;
  expect(told(at, node, ["--input-type=module", "-e", script], 0).stdout, "one 2");
}

function tryServer(at: string, node: string, main: string): void {
  const client = {
    protocolVersion: "2025-06-18",
    capabilities: {},
    clientInfo: { name: "floor", version: "1" },
  };
  const request = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "initialize", params: client });
  const ended = told(at, node, [main, "-j", "server.db", "mcp"], 0, `${request}\n`);
  expect(ended.stdout, '"serverInfo"');
}

/** Runs a program of this machine on a copy of a folder, and looks at the state after it through a mount. */
function tryNative(at: string, node: string, main: string): void {
  told(at, node, [main, "-j", "../native.db", "exec", "--", "sh", "-c", "echo made >by-sh.txt"], 0);
  expect(told(at, node, [main, "-j", "../native.db", "log"], 0).stdout, "by-sh.txt");
  mkdirSync(join(at, "..", "past"));
  const look = ["mount", "../past", "--", "find", "../past"];
  expect(told(at, node, [main, "-j", "../native.db", ...look], 0).stdout, "by-sh.txt");
}

function tryOld(node: string, program: string): void {
  const wanted = nodeProblem(versionOf(node)) ?? "";
  expect(told(folder, node, [join(program, "main.js"), "log"], 125).stderr, wanted);
  const library = `import ${JSON.stringify(join(program, "index.js"))};`;
  expect(told(folder, node, ["--input-type=module", "-e", library], 1).stderr, wanted);
}

/** Throws unless the debugger draws its first screen, and ends by its key for that. */
function debuggerShows(at: string, node: string, main: string): Promise<void> {
  const terminal = spawn(node, [main, "tui"], {
    cwd: at,
    cols: 80,
    rows: 24,
    env: { ...process.env, TERM: "xterm", CI: "false", LANG: "C.UTF-8" },
  });
  let sent = "";
  terminal.onData((data) => {
    sent += data;
    if (data.includes("Timeline")) terminal.write("q");
  });
  return new Promise((resolve, reject) => {
    terminal.onExit(({ exitCode }) => {
      if (exitCode === 0) resolve();
      else reject(new Error(`The debugger ended with ${exitCode} on Node.js ${floor}:\n${sent}`));
    });
  });
}

function npm(at: string, ...args: readonly string[]): string {
  return execFileSync("npm", args, {
    cwd: at,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
}

/** Throws unless the command ends with this code. */
function told(at: string, command: string, args: readonly string[], code: number, input = "") {
  const ended = spawnSync(command, args, { cwd: at, encoding: "utf8", input });
  if (ended.status === code) return ended;
  throw new Error(
    `${args.join(" ")} on ${command} ended with ${ended.status}:\n${ended.stdout}${ended.stderr}`,
  );
}

function expect(text: string, wanted: string): void {
  if (!text.includes(wanted)) throw new Error(`"${wanted}" is not in:\n${text}`);
}
