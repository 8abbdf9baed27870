import { randomFillSync } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import {
  type Durability,
  type Ino,
  type JournalWriter,
  type Name,
  openFront,
  rootIno,
  startScribe,
} from "../journal/index.ts";
import { number } from "./bench.ts";

// What one write costs the journal, without a guest: the two threads of a writer, and what the engine does beside them.
// For a profile or a trace of it: docs/performance.md.

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
  const scribe = startScribe();
  try {
    const journal = openFront(scribe.memory, join(folder, "journal.db"), { durability });
    const inos = begin(journal);
    // What the engine learns while it runs is not what is measured.
    write(journal, inos, source, length, Math.ceil(writes / 5));
    const [wall, thread, all] = [performance.now(), process.threadCpuUsage(), process.cpuUsage()];
    write(journal, inos, source, length, writes);
    const took = (performance.now() - wall) * 1_000;
    const front = sum(process.threadCpuUsage(thread));
    const rest = sum(process.cpuUsage(all)) - front;
    console.log(
      `${writes} writes of ${length} bytes in ${durability}, microseconds each: ${number(took / writes)} in all; ` +
        `processor time: ${number(front / writes)} the front, ${number(rest / writes)} the scribe and the engine`,
    );
    journal.append({ kind: "run-end", exit: 0 });
    journal.close();
  } finally {
    await scribe.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

function begin(journal: JournalWriter): Ino[] {
  const none = { args: [], environment: [], digest: "", limits: new Map() };
  journal.append({ kind: "run-start", cause: "library", guest: "bench", ...none });
  return Array.from({ length: 50 }, (_, index) => {
    const ino = (index + 2) as Ino;
    const name = `file${index}` as Name;
    journal.append({ kind: "create", parent: rootIno, name, ino, path: `/${name}` });
    return ino;
  });
}

/** Sixteen writes to one file, then to the next; the last commit is part of it. */
function write(
  journal: JournalWriter,
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

/** Bytes that do not compress, unless text is asked for. */
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
