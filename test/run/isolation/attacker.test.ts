import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { type Server, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { ended, start, unsupported } from "./support.ts";

const here = import.meta.dirname;
const script = join(here, "attacker.mjs");
const root = process.getuid?.() === 0;
const hasSetpriv = spawnSync("setpriv", ["--version"]).status === 0;
const users = root && hasSetpriv ? ["root", "an ordinary user"] : ["this user"];
if (root && !hasSetpriv)
  process.stderr.write("SKIPPED: the sandbox of an ordinary user, because setpriv is missing\n");

type Outcome = { readonly gave?: unknown; readonly refused?: string };

describe.skipIf(unsupported !== undefined).each(users)("a child that %s starts", (user) => {
  const folder = mkdtempSync(join(tmpdir(), "rewindfs-test-"));
  const shown = join(folder, "shown");
  const log = join(folder, "log");
  const secret = join(folder, "secret");
  const abstract = `rewindfs-test-${process.pid}-${user.length}`;
  const servers: Server[] = [];
  const connections: string[] = [];
  let told: Readonly<Record<string, Outcome>> = {};

  async function serve(
    options: { port: number; host: string } | { path: string },
  ): Promise<number> {
    const server = createServer((socket) => {
      connections.push(JSON.stringify(options));
      socket.on("error", () => {}).destroy();
    }).listen(options);
    servers.push(server);
    await once(server, "listening");
    const address = server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  }

  beforeAll(async () => {
    chmodSync(folder, 0o755);
    mkdirSync(shown);
    writeFileSync(join(shown, "file"), "shown");
    writeFileSync(secret, "secret");
    writeFileSync(log, "before, ");
    const facts = {
      parent: process.pid,
      port: await serve({ port: 0, host: "127.0.0.1" }),
      socket: join(folder, "socket"),
      abstract,
      secret,
      shown,
    };
    await serve({ path: facts.socket });
    await serve({ path: `\0${abstract}` });
    chmodSync(facts.socket, 0o777);
    const file = openSync(log, "a");
    const options = { script, args: [JSON.stringify(facts)], visible: [shown] };
    const { code, out, err } = await ended(
      user === "an ordinary user"
        ? { process: asNobody(options, file), how: "bubblewrap", missing: undefined, ...nothing }
        : start(script, {
            ...options,
            stdio: ["ignore", "pipe", "pipe", file],
            memoryBytes: 2 ** 32,
          }),
    );
    closeSync(file);
    expect(err).toBe("");
    expect(code).toBe(0);
    told = JSON.parse(out) as typeof told;
  });

  afterAll(() => {
    for (const server of servers) server.close();
    rmSync(folder, { recursive: true });
  });

  test("is refused all that it tries", () => {
    const source = readFileSync(script, "utf8");
    const tries = source.slice(source.indexOf("const tries"), source.indexOf("const looks"));
    const names = [...tries.matchAll(/^ {2}"([^"]+)": /gm)].map(([, name]) => name ?? "");
    expect(names.length).toBeGreaterThan(30);
    expect(names.filter((name) => told[name]?.refused === undefined)).toEqual([]);
  });

  test("changes nothing of the host, and reaches none of its servers", () => {
    expect(connections).toEqual([]);
    expect(readdirSync(folder).toSorted()).toEqual(["log", "secret", "shown", "socket"]);
    expect(readdirSync(shown)).toEqual(["file"]);
    expect(readFileSync(log, "utf8")).toBe("before, appended");
    expect(statSync(log).mode & 0o777).not.toBe(0o777);
    expect(statSync(log).mtimeMs).toBeGreaterThan(0);
  });

  test("sees Node.js, its script and what it was shown alone", () => {
    const first = (path: string) => path.split("/")[1] ?? "";
    const expected = [process.execPath, script, folder, "/lib", loaderFolder].map(first);
    expect(told["root"]?.gave).toEqual([...new Set(expected)].toSorted());
    expect(told["beside its script"]?.gave).toEqual(["attacker.mjs"]);
    expect(told["folder"]?.gave).toEqual(["file"]);
    expect(told["what it was shown"]?.gave).toBe("shown");
  });

  test("knows nothing of its caller, and is nobody", () => {
    expect(Object.keys(told["environment"]?.gave ?? {}).toSorted()).toEqual([
      "LD_LIBRARY_PATH",
      "PWD",
    ]);
    expect(told["user"]?.gave).toEqual([65534, 65534, expect.anything()]);
    expect(told["addresses"]?.gave ?? {}).toEqual({});
    expect(told["host"]?.gave).toBe("guest");
    expect(told["pid"]?.gave).toBe(2);
    expect(told["parent"]?.gave).toBe(1);
  });

  test("runs threads", () => {
    expect(told["thread"]?.gave).toBe("alive");
  });
});

const loaderFolder = process.arch === "x64" ? "/lib64" : "/lib";
const nothing = { kill: () => {}, pause: () => {}, resume: () => {} };

function asNobody(options: object, log: number) {
  const nobody = ["--reuid=65534", "--regid=65534", "--clear-groups"];
  const main = join(here, "launch-main.ts");
  return spawn("setpriv", [...nobody, process.execPath, main, JSON.stringify(options)], {
    stdio: ["ignore", "pipe", "pipe", log],
    env: { PATH: process.env["PATH"], NODE_NO_WARNINGS: "1" },
  });
}
