import { join } from "node:path";

import { AgentFS } from "agentfs-sdk";
import { Volume } from "memfs";

import { type Durability, type Ino, openWriter, rootIno } from "../journal/index.ts";
import { FileSystem, FsError, emptyTree, profiles } from "../src/fs/index.ts";
import { type Part, number } from "./measure/bench.ts";
import { geometricMean, median } from "./measure/statistics.ts";

const block = Buffer.alloc(4_096, "b");
const line = block.subarray(0, 64);

/** Operations of each library: the same by path, or on the open file. */
interface Subject {
  mkdir(path: string): void | Promise<void>;
  create(path: string): void | Promise<void>;
  /** Appends bytes to the one log. */
  append(bytes: Buffer): void | Promise<void>;
  /** Writes bytes at a place in the one file of blocks. */
  write(offset: number, bytes: Buffer): void | Promise<void>;
  read(offset: number, length: number): unknown;
  stat(path: string): unknown;
  rename(from: string, to: string): void | Promise<void>;
  unlink(path: string): void | Promise<void>;
  close(): void | Promise<void>;
}

type Open = (folder: string) => Subject | Promise<Subject>;

const subjects = [
  { label: "process", open: (folder: string) => openOurs(folder, "process"), share: 1 },
  { label: "batch", open: (folder: string) => openOurs(folder, "batch"), share: 1 },
  { label: "power", open: (folder: string) => openOurs(folder, "power"), share: 0.04 },
  { label: "memfs", open: openMemfs, share: 1 },
  { label: "agentfs-sdk", open: openAgentfs, share: 0.04 },
] as const;
type Label = (typeof subjects)[number]["label"];

const mutations = [
  "mkdir",
  "create",
  "append-64",
  "write-4096",
  "overwrite-4096",
  "rename",
  "unlink",
];

export const part: Part = {
  title: "Library: calls from JavaScript, microseconds per operation",

  async run(bench) {
    const times = bench.amount(5_000, 100);
    const rounds = bench.amount(3, 1);
    const results = new Map<Label, Map<string, number[]>>();
    for (let round = 0; round < rounds; round += 1) {
      for (const { label, open, share } of subjects) {
        bench.progress(`library: round ${round + 1} of ${rounds}, ${label}`);
        const found = await bench.within((folder) => measure(open, folder, times * share));
        const all = results.get(label) ?? new Map<string, number[]>();
        results.set(label, all);
        for (const [operation, time] of found)
          all.set(operation, [...(all.get(operation) ?? []), time]);
      }
    }
    const at = (label: Label, operation: string) =>
      median(results.get(label)?.get(operation) ?? []);
    const operations = [...(results.get("process")?.keys() ?? [])];
    const timesAgentfs = (operation: string) =>
      at("agentfs-sdk", operation) / at("process", operation);
    bench.table(
      ["", ...subjects.map(({ label }) => label), "agentfs/process"],
      operations.map((operation) => [
        operation,
        ...subjects.map(({ label }) => number(at(label, operation))),
        number(timesAgentfs(operation)),
      ]),
    );
    bench.say();
    bench.say(
      `Each operation ${times} times (power and agentfs-sdk ${times * 0.04}), medians of ${rounds} rounds. memfs keeps`,
    );
    bench.say(
      "everything in memory and records nothing. agentfs-sdk keeps the state in SQLite, without",
    );
    bench.say("history; it is awaited call by call, and waits for the disk as power does.");
    for (const label of ["process", "batch"] as const) {
      bench.bar({
        what: `a mutation through the library in ${label}, geometric mean against agentfs-sdk`,
        measured: geometricMean(
          mutations.map((operation) => at("agentfs-sdk", operation) / at(label, operation)),
        ),
        bound: { atLeast: 50 },
        unit: "times faster",
      });
    }
  },
};

async function measure(open: Open, folder: string, times: number): Promise<Map<string, number>> {
  const subject = await open(folder);
  const found = new Map<string, number>();
  const each = async (operation: string, run: (index: number) => unknown): Promise<void> => {
    const start = performance.now();
    for (let index = 0; index < times; index += 1) {
      const answer = run(index);
      // A synchronous answer need not wait for a turn of the event loop.
      if (answer instanceof Promise) await answer;
    }
    found.set(operation, ((performance.now() - start) * 1_000) / times);
  };
  const scattered = (index: number) => ((index * 2_654_435_761) % times) * block.length;
  await each("mkdir", (index) => subject.mkdir(`/directory${index}`));
  await each("create", (index) => subject.create(`/directory0/file${index}`));
  await each("append-64", () => subject.append(line));
  await each("write-4096", (index) => subject.write(index * block.length, block));
  await each("overwrite-4096", (index) => subject.write(scattered(index), block));
  await each("read-4096", (index) => subject.read(index * block.length, block.length));
  await each("stat", (index) => subject.stat(`/directory0/file${index}`));
  await each("rename", (index) =>
    subject.rename(`/directory0/file${index}`, `/directory0/moved${index}`),
  );
  await each("unlink", (index) => subject.unlink(`/directory0/moved${index}`));
  await subject.close();
  return found;
}

function openOurs(folder: string, durability: Durability): Subject {
  const journal = openWriter(join(folder, "journal.db"), { durability });
  const fs = new FileSystem({ journal, tree: emptyTree(), limits: profiles.default });
  fs.begin({ cause: "library", guest: "bench", args: [], environment: [], digest: "" });
  const entry = (path: string) => {
    const place = fs.resolve(rootIno, path.slice(1), "keep");
    if (place.at !== "entry") throw new FsError("exist", path);
    return place;
  };
  const make = (kind: "create" | "mkdir", path: string): Ino => {
    const { parent, name } = entry(path);
    const event = fs.perform({ kind, parent, name });
    if (event?.kind !== kind) throw new Error(`no ${kind}`);
    return event.ino;
  };
  const log = make("create", "/log");
  const blocks = make("create", "/blocks");
  let end = 0;
  return {
    mkdir: (path) => void make("mkdir", path),
    create: (path) => void make("create", path),
    append(bytes) {
      fs.perform({ kind: "write", ino: log, offset: end, length: bytes.length }, bytes);
      end += bytes.length;
    },
    write: (offset, bytes) =>
      void fs.perform({ kind: "write", ino: blocks, offset, length: bytes.length }, bytes),
    read: (offset, length) => fs.read(blocks, offset, length),
    stat(path) {
      const { ino } = entry(path);
      return ino === undefined ? undefined : fs.inode(ino);
    },
    rename(path, to) {
      const from = entry(path);
      const { parent: toParent, name: toName } = entry(to);
      fs.perform({ kind: "rename", parent: from.parent, name: from.name, toParent, toName });
    },
    unlink(path) {
      const { parent, name } = entry(path);
      fs.perform({ kind: "unlink", parent, name });
    },
    close() {
      fs.end({ exit: 0 });
      journal.close();
    },
  };
}

function openMemfs(): Subject {
  const volume = new Volume();
  const log = volume.openSync("/log", "w");
  const blocks = volume.openSync("/blocks", "w+");
  const target = Buffer.alloc(block.length);
  return {
    mkdir: (path) => volume.mkdirSync(path),
    create: (path) => volume.closeSync(volume.openSync(path, "wx")),
    append: (bytes) => void volume.writeSync(log, bytes),
    write: (offset, bytes) => void volume.writeSync(blocks, bytes, 0, bytes.length, offset),
    read: (offset, length) => volume.readSync(blocks, target, 0, length, offset),
    stat: (path) => volume.statSync(path),
    rename: (from, to) => volume.renameSync(from, to),
    unlink: (path) => volume.unlinkSync(path),
    close: () => {},
  };
}

async function openAgentfs(folder: string): Promise<Subject> {
  const agent = await AgentFS.open({ path: join(folder, "agent.db") });
  const { fs } = agent;
  await fs.writeFile("/log", "");
  await fs.writeFile("/blocks", "");
  const log = await fs.open("/log");
  const blocks = await fs.open("/blocks");
  let end = 0;
  return {
    mkdir: (path) => fs.mkdir(path),
    create: (path) => fs.writeFile(path, ""),
    append(bytes) {
      const at = end;
      end += bytes.length;
      return log.pwrite(at, bytes);
    },
    write: (offset, bytes) => blocks.pwrite(offset, bytes),
    read: (offset, length) => blocks.pread(offset, length),
    stat: (path) => fs.stat(path),
    rename: (from, to) => fs.rename(from, to),
    unlink: (path) => fs.unlink(path),
    close: () => agent.close(),
  };
}
