import { randomFillSync } from "node:crypto";
import { closeSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import {
  type Durability,
  type Ino,
  type Keeper,
  type KeeperLine,
  type Name,
  openGuestRecorder,
  openKeeper,
  type Recorder,
  rootIno,
  type RunNumber,
  systemClock,
} from "../journal/index.ts";
import { number } from "./measure/bench.ts";

// Measures the cost of one write to the journal, without a guest: the guest's end of the log, and the keeper that takes
// its records, in one process, one after the other. For a profile or a trace of it: docs/performance.md.

const none = { args: [], environment: [], digest: "", limits: new Map<string, number>() };
const sourceBytes = 8 * 1024 * 1024;
const [mode = "batch", bytes = "4096", count = "50000", kind = "random"] = process.argv.slice(2);
const durability = (["batch", "process", "power"] as const).find((one) => one === mode);
const [length, writes] = [Number(bytes), Number(count)];
if (durability === undefined || !(length > 0 && length < sourceBytes) || !(writes > 0)) {
  console.error("Usage: node bench/writer.ts [batch|process|power [BYTES [WRITES [random|text]]]]");
  process.exit(2);
}
await measure(durability, length, writes, payloadsOf(kind));

async function measure(
  durability: Durability,
  length: number,
  writes: number,
  source: Buffer,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "rewindfs-writer-"));
  const keeper = openKeeper(join(folder, "journal.db"), {
    durability,
    mostRecordBytes: 2 * sourceBytes,
    admit: () => {},
  });
  const log = keeper.openLog("append");
  try {
    const { run } = keeper.record({ kind: "run-start", cause: "library", guest: "bench", ...none });
    const spent = { keeper: 0 };
    const journal = recorder(keeper, log, durability, run, spent);
    const inos = begin(journal);
    // Warm up the engine, which is not measured.
    write(journal, inos, source, length, Math.ceil(writes / 5));
    spent.keeper = 0;
    const [wall, thread, all] = [performance.now(), process.threadCpuUsage(), process.cpuUsage()];
    write(journal, inos, source, length, writes);
    const took = (performance.now() - wall) * 1_000;
    const both = sum(process.threadCpuUsage(thread));
    const engine = sum(process.cpuUsage(all)) - both;
    console.log(
      `${writes} writes of ${length} bytes in ${durability}, microseconds each: ${number(took / writes)} in all; ` +
        `processor time: ${number((both - spent.keeper) / writes)} the guest's end, ` +
        `${number(spent.keeper / writes)} the keeper, ${number(engine / writes)} the engine`,
    );
    keeper.record({ kind: "run-end", exit: 0 });
  } finally {
    closeSync(log);
    keeper.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Returns the guest's end; the keeper's work on messages is counted apart. */
function recorder(
  keeper: Keeper,
  log: number,
  durability: Durability,
  run: RunNumber,
  spent: { keeper: number },
): Recorder {
  const kept = <T>(act: () => T): T => {
    const before = process.threadCpuUsage();
    const result = act();
    spent.keeper += sum(process.threadCpuUsage(before));
    return result;
  };
  const line: KeeperLine = {
    ring: () => void kept(() => keeper.take()),
    commit: () => kept(() => keeper.commit()),
    sync: () => kept(() => keeper.sync()),
    renew: () => kept(() => keeper.renew()),
    readTape: (start, end) => kept(() => keeper.readTape(start, end)),
    promised: () => {
      throw new TypeError("nothing was promised");
    },
  };
  return openGuestRecorder(line, {
    ...keeper.situation(run),
    file: "journal.db",
    durability,
    log,
    now: systemClock(),
    cacheBytes: 24 * 1024 * 1024,
  });
}

function begin(journal: Recorder): Ino[] {
  return Array.from({ length: 50 }, (_, index) => {
    const ino = (index + 2) as Ino;
    const name = `file${index}` as Name;
    journal.append({ kind: "create", parent: rootIno, name, ino, path: `/${name}` });
    return ino;
  });
}

/** Writes sixteen times to one file, then to the next; the last commit is included. */
function write(
  journal: Recorder,
  inos: readonly Ino[],
  source: Buffer,
  length: number,
  writes: number,
): void {
  const paths = inos.map((_, index) => `/file${index}`);
  for (let index = 0; index < writes; index += 1) {
    const file = (index >> 4) % inos.length;
    const [ino, path] = [inos[file] ?? rootIno, paths[file] ?? "/"];
    const at = (index * length) % (source.length - length);
    const offset = index * length;
    const payload = source.subarray(at, at + length);
    journal.append({ kind: "write", ino, path, offset, length }, payload);
  }
  journal.commit();
}

/** Returns incompressible bytes, unless text is asked for. */
function payloadsOf(kind: string): Buffer {
  const source = Buffer.alloc(sourceBytes);
  if (kind !== "text") return randomFillSync(source);
  const lines = Array.from(
    { length: 50_000 },
    (_, index) => `line ${(index * 7919) % 997} of text\n`,
  );
  return source.fill(lines.join(""));
}

function sum({ user, system }: NodeJS.CpuUsage): number {
  return user + system;
}
