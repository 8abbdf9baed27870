import { sign } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ship } from "../../../src/fleet/client/index.ts";
import { signedView } from "../../../src/fleet/protocol/protocol.ts";
import { Answering } from "../../../src/fleet/depot/requests/answering.ts";
import { openFileSystem } from "../../../src/index.ts";
import { type Result, startMeanwhile } from "../../support/screen/command.ts";
import { scale } from "../../support/scale.ts";
import { withTemporary } from "../../support/temporary.ts";
import { type Answer, type Lie, startLiar, withLiar } from "./liar.ts";
import { postgresFolder } from "../postgres.ts";
import { type Fleet, clientOf, runAside, startFleet } from "../running.ts";
import { runsIn } from "../first-page.ts";

const bin = postgresFolder();
const none = "0".repeat(32);
const mebibyte = 1024 * 1024;
/** Most memory of a command, whatever a depot sends: Node.js itself has some 60 MiB, and a pack 256. */
const mostMemory = 1_100 * mebibyte;

/**
 * Has a command say at its end how much memory it had at most: by proc(5), as getrusage(2) counts what the process had that
 * started it.
 */
const telling = `--import=data:text/javascript,import{readFileSync}from'node:fs';process.on('exit',()=>process.stderr.write('peak:'.concat(parseInt(readFileSync('/proc/self/status','utf8').split('VmHWM:')[1]),String.fromCharCode(10))))`;

/** Runs a command, and checks that it neither crashed nor took memory without bound. Returns what it said. */
async function bounded(
  folder: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<Result> {
  const result = await runAside(folder, args, { ...env, NODE_OPTIONS: telling });
  const stderr = result.stderr.replace(/^peak:\d+\n/gm, "");
  const peaks = [...result.stderr.matchAll(/^peak:(\d+)$/gm)].map(
    ([, text]) => Number(text) * 1024,
  );
  expect(peaks.length).toBeGreaterThan(0);
  expect([args, Math.max(...peaks) < mostMemory || peaks]).toEqual([args, true]);
  expect(result.exit).not.toBe(null);
  return unbroken({ ...result, stderr });
}

/** Returns what a command said; fails if it met what it did not expect. */
function unbroken(result: Result): Result {
  expect(result.stderr).not.toMatch(/should not have happened|^ {4}at /m);
  return result;
}

/** Runs with a folder, and checks that none of the commands that share a process took memory without bound meanwhile. */
async function withCommands(act: (folder: string) => Promise<void>): Promise<void> {
  const { pid } = startMeanwhile();
  // Its peak is counted anew: proc_pid_clear_refs(5).
  writeFileSync(`/proc/${pid}/clear_refs`, "5");
  await withTemporary(act);
  const [, peak] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  expect(Number(peak) * 1024).toBeLessThan(mostMemory);
}

/** Answers that take far more memory than they have bytes, or have no end. */
const bombs: Readonly<Record<string, () => Answer>> = {
  "a gigabyte of zeros that was compressed": () => [
    200,
    zeros(1024),
    { "content-encoding": "gzip" },
  ],
  "lists in lists without end": () => [200, Buffer.alloc(60 * mebibyte, "[")],
  "many empty lists": () => [200, Buffer.from(`[${"[],".repeat(15 * mebibyte)}[]]`)],
  "more than was asked for": () => [200, Buffer.alloc(300 * mebibyte)],
  "a name without end": () => [200, Buffer.from(`["${"a".repeat(40 * mebibyte)}"]`)],
};

let zipped: Buffer | undefined;
function zeros(mebibytes: number): Buffer {
  // Compressed texts one after another are one.
  return (zipped ??= Buffer.concat(
    Array<Buffer>(mebibytes / 16).fill(gzipSync(Buffer.alloc(16 * mebibyte))),
  ));
}

/** Commands of which one at least refuses each lie; a plain run tries no others. */
const readings = [["cat", "/text"], ["verify"], ...(scale > 1 ? [["runs"], ["log"]] : [])];

/** A plain run tries one of them. */
const names = Object.keys(bombs);
const chosen = Math.floor(Math.random() * names.length);
const tried = names.filter((_, at) => scale > 1 || at === chosen);

test.for(tried)("a depot that answers with %s costs bounded memory", { timeout: 300_000 }, (name) =>
  withTemporary(async (folder) => {
    const bomb = bombs[name]?.() ?? [200, {}];
    const liar = await startLiar(() => bomb);
    try {
      const env = { REWINDFS_DEPOT: liar.url, REWINDFS_DEPOT_TOKEN: "rwd_any" };
      const place = `depot://${new URL(liar.url).host}/${none}`;
      record(join(folder, "a.db"), "a");
      const commands = [
        ["find"],
        ["pull", none, "copy.db"],
        ["-j", place, "runs"],
        ["-j", "a.db", "ship"],
      ];
      // A plain run tries two of them.
      const other = Math.floor(Math.random() * 2);
      for (const args of commands.filter((_, at) => scale > 1 || at % 2 === other)) {
        const { exit, stderr } = await bounded(folder, args, env);
        expect([args, exit, stderr]).toEqual([
          args,
          3,
          expect.stringMatching(/does not answer as a depot does|answers with/),
        ]);
      }
    } finally {
      await liar.close();
    }
  }),
);

test("an answer that comes drop by drop is given up", { timeout: 120_000 }, async () => {
  const dripping: Lie = (_request, response) => {
    response.writeHead(200, { "content-length": 1_000 });
    const drip = setInterval(() => response.write("["), 100);
    response.on("close", () => clearInterval(drip));
    return undefined;
  };
  const times = { stall: 500 };
  expect(await withLiar(dripping, (depot) => runsIn(depot, {}), { times })).toMatch(
    /comes too slowly/,
  );
});

describe.skipIf(bin === undefined)(
  "a depot that lies with its own key",
  { timeout: 300_000 },
  () => {
    let fleet: Fleet;
    let url: string;
    let token: string;

    beforeAll(async () => {
      fleet = await startFleet(bin ?? "");
      ({ url } = await fleet.depotHere());
      token = await fleet.token("default", "append", "read");
    });
    afterAll(() => fleet.stop());

    /** Starts a depot that gives the answers of the true one, changed, and signs them. */
    const lying = (
      change: (request: IncomingMessage, body: Buffer) => Buffer | Promise<Buffer>,
    ) => {
      const answering = new Answering(fleet.privateKey);
      return startLiar((request, response) => {
        const chunks: Buffer[] = [];
        request.on("data", (chunk: Buffer) => chunks.push(chunk));
        request.on("end", () => {
          void (async () => {
            const asked = await fetch(url + (request.url ?? ""), {
              method: request.method ?? "GET",
              headers: { authorization: `Bearer ${token}` },
              ...(request.method === "POST" ? { body: Buffer.concat(chunks) } : {}),
            });
            const bytes = Buffer.from(await asked.arrayBuffer());
            const body = asked.ok ? await change(request, bytes) : bytes;
            answering.send(request, response, { status: asked.status, body });
          })();
        });
        return undefined;
      }, fleet.privateKey);
    };

    test("about views, packs and ranges shows nothing that is not the journal's", async () => {
      await withCommands(async (folder) => {
        const [mine, other] = [join(folder, "a.db"), join(folder, "b.db")];
        record(mine, "the text that is true");
        record(other, "the text of another one");
        const client = clientOf(url, token, 20_000);
        const { journal } = await ship(mine, client);
        const { journal: foreign } = await ship(other, client);
        await client.view(journal);
        await client.view(foreign);
        const get = async (path: string) => {
          const answer = await fetch(url + path, { headers: { authorization: `Bearer ${token}` } });
          return Buffer.from(await answer.arrayBuffer());
        };
        const isOf = ({ url: path = "" }: IncomingMessage, what: string) => path.endsWith(what);
        const lies: Readonly<
          Record<string, (request: IncomingMessage, body: Buffer) => Buffer | Promise<Buffer>>
        > = {
          "the view of another journal": (request, body) =>
            isOf(request, "/view") ? get(`/v1/journals/${foreign}/view`) : body,
          "the view of another journal, signed as this one's": async (request, body) =>
            isOf(request, "/view") ? resigned(await get(`/v1/journals/${foreign}/view`)) : body,
          "the packs of another journal": (request, body) =>
            isOf(request, "/packs/1") ? get(`/v1/journals/${foreign}/packs/1`) : body,
          "ranges of zeros": (request, body) =>
            isOf(request, "/ranges") ? Buffer.alloc(body.length) : body,
          "ranges that are moved by a byte": (request, body) =>
            isOf(request, "/ranges")
              ? Buffer.concat([body.subarray(1), body.subarray(0, 1)])
              : body,
          "ranges that are too short": (request, body) =>
            isOf(request, "/ranges") ? body.subarray(1) : body,
          "another generation with each answer": (request, body) => {
            if (!/\/journals\/\w+$/.test(request.url ?? "")) return body;
            const head = JSON.parse(body.toString()) as { generation: number };
            return Buffer.from(
              JSON.stringify({ ...head, generation: Math.floor(Math.random() * 1e9) }),
            );
          },
          "a head that is further on": (request, body) => {
            if (!/\/journals\/\w+$/.test(request.url ?? "")) return body;
            const head = JSON.parse(body.toString()) as { head: number };
            return Buffer.from(JSON.stringify({ ...head, head: head.head + 1 }));
          },
        };
        /** Signs a view anew, for the journal that it is not of. */
        const resigned = (answer: Buffer): Buffer => {
          const length = answer.readUInt32LE();
          const said = JSON.parse(answer.toString("utf8", 4, 4 + length)) as object;
          const bytes = answer.subarray(4 + length);
          const signature = sign(null, signedView(journal, bytes), fleet.privateKey).toString(
            "base64",
          );
          const json = Buffer.from(JSON.stringify({ ...said, signature }));
          const prefix = Buffer.alloc(4);
          prefix.writeUInt32LE(json.length);
          return Buffer.concat([prefix, json, bytes]);
        };
        for (const [name, lie] of Object.entries(lies)) {
          const liar = await lying(lie);
          try {
            const place = `depot://${new URL(liar.url).host}/${journal}`;
            let refused = 0;
            for (const args of readings) {
              // A plain run goes on until a command refuses it.
              if (scale === 1 && refused > 0) break;
              const env = {
                REWINDFS_DEPOT_TOKEN: token,
                XDG_CACHE_HOME: join(folder, `cache ${name} ${args.join(" ").slice(0, 3)}`),
              };
              const asked = await fleet.cli(folder, ["-j", place, ...args], env);
              const { exit, stdout, stderr } = unbroken(asked);
              const told = `${name}: ${args.join(" ")}: ${stdout}${stderr}`;
              expect(told).not.toContain("another one");
              if (args[0] === "cat" && exit === 0) expect(stdout).toBe("the text that is true");
              if (exit !== 0) refused += 1;
            }
            // A generation is no more than a reason to fetch again.
            const isHarmless = name.includes("generation");
            expect([name, refused > 0]).toEqual([name, !isHarmless]);
          } finally {
            await liar.close();
          }
        }
      });
    });

    test("by flipped bytes in what it sends is refused, or shows what its own word is for", async () => {
      await withCommands(async (folder) => {
        const file = join(folder, "a.db");
        record(file, "the text that is true");
        const client = clientOf(url, token, 20_000);
        const { journal } = await ship(file, client);
        await client.view(journal);
        for (let round = 0; round < (scale > 1 ? 100 : 6); round += 1) {
          const what = round % 2 === 0 ? "/ranges" : "/view";
          const liar = await lying((request, body) => {
            if (!(request.url ?? "").endsWith(what)) return body;
            const other = Buffer.from(body);
            const at = Math.floor(Math.random() * other.length);
            other[at] = (other[at] ?? 0) ^ (1 << Math.floor(Math.random() * 8));
            return other;
          });
          try {
            const place = `depot://${new URL(liar.url).host}/${journal}`;
            const env = {
              REWINDFS_DEPOT_TOKEN: token,
              XDG_CACHE_HOME: join(folder, `cache ${round}`),
            };
            const asked = await fleet.cli(folder, ["-j", place, "cat", "/text"], env);
            const { exit, stdout } = unbroken(asked);
            if (exit === 0) expect(stdout).toBe("the text that is true");
          } finally {
            await liar.close();
          }
        }
      });
    });
  },
);

function record(file: string, text: string): void {
  const files = openFileSystem(file);
  try {
    files.run("job", () => files.writeFile("/text", Buffer.from(text)));
  } finally {
    files.close();
  }
}
