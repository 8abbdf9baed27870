// Replaces a guest's program, as if a guest had taken over its process: begins as that does, and then runs the attack
// that the first argument names. Prints its findings, a line each.
import { spawn, spawnSync } from "node:child_process";
import {
  fdatasyncSync,
  ftruncateSync,
  readFileSync,
  readSync,
  readdirSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { connect } from "node:net";

import { type Draft, hasBytes, openGuestRecorder } from "../../journal/index.ts";
import { ChildLine, keeperLine } from "../../src/run/guest/child-line.ts";
import { asked, frameHeader, said, told } from "../../src/run/protocol/frames.ts";
import { type Go, type RunJob, descriptors } from "../../src/run/protocol/jobs.ts";

const line = new ChildLine(descriptors.line);
const job = line.hearClone(told.job) as RunJob;
line.hearCode(descriptors.code);
line.say(said.ready);
const go = line.hearClone(told.go) as Go;
const [attack = "", ...args] = job.args;

const print = (text: string): void =>
  line.say(said.output, Uint8Array.of(0), Buffer.from(`${text}\n`));
const exit = (code: number): void =>
  line.sayJson(said.ended, { outcome: { kind: "exited", exit: code }, notes: [] });

/** Prints the result of an act, or the code of its error. */
function attempt(name: string, act: () => unknown): void {
  try {
    const found = act();
    print(`${name}: done ${JSON.stringify(found) ?? ""}`);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
    print(`${name}: ${code}`);
  }
}

const recorder = () =>
  openGuestRecorder(keeperLine(line, descriptors.line), {
    ...go,
    file: "journal",
    durability: "process",
    log: descriptors.log,
    now: () => BigInt(Date.now()) * 1_000_000n,
    cacheBytes: 1024 * 1024,
  });

const attacks: Readonly<Record<string, () => void | Promise<void>>> = {
  files() {
    const read = (path: string): void =>
      attempt(`read ${path}`, () => readFileSync(path, "utf8").length);
    for (const path of [
      "/etc/passwd",
      "/proc/1/environ",
      "/proc/self/environ",
      "/dev/mem",
      "/dev/tty",
      ...args,
    ])
      read(path);
    for (const path of ["/proc", "/home", "/root", "/etc", "/sys"])
      attempt(`list ${path}`, () => readdirSync(path).length);
    for (const path of ["/", "/tmp", "/dev/shm", import.meta.dirname, process.execPath])
      attempt(`write ${path}`, () =>
        writeFileSync(path.endsWith("node") ? path : `${path}/written`, "x"),
      );
  },
  environment() {
    const names = Object.keys(process.env).filter(
      (name) => !name.startsWith("LD_") && !name.startsWith("NODE_") && name !== "PWD",
    );
    print(`environment: ${names.join(" ")}`);
    attempt("shell", () => spawnSync("/bin/sh", ["-c", "id"]).error?.message);
    print(`uid: ${process.getuid?.()}`);
  },
  async network() {
    for (const where of [{ port: Number(args[0]), host: "127.0.0.1" }, { path: args[1] ?? "" }]) {
      const outcome = await new Promise<string>((resolve) => {
        const socket = connect(where);
        socket.on("connect", () => resolve("connected"));
        socket.on("error", (error) =>
          resolve("code" in error ? String(error.code) : error.message),
        );
      });
      print(`connect: ${outcome}`);
    }
  },
  signals() {
    for (const pid of args.map(Number)) attempt(`signal`, () => process.kill(pid, "SIGKILL"));
    attempt("parent", () => process.kill(process.ppid, 0) && process.ppid > 2);
  },
  log() {
    recorder().append({
      kind: "create",
      ino: go.tree.nextIno,
      parent: 1,
      name: "mine",
      path: "/mine",
    } as Draft);
    attempt("read", () => readSync(descriptors.log, Buffer.alloc(100)));
    attempt("cut", () => ftruncateSync(descriptors.log, 0));
    attempt("change", () => writeSync(descriptors.logReader, Buffer.alloc(100), 0, 100, 0));
    attempt("shorten", () => ftruncateSync(descriptors.logReader, 0));
    attempt("read copies", () => readSync(descriptors.logCopy, Buffer.alloc(100)));
    attempt("sync", () => fdatasyncSync(descriptors.log));
    // Printed text reaches the keeper before the following records.
    line.ask(asked.outputs);
    attempt("overwrite", () => writeSync(descriptors.log, Buffer.alloc(4_096, 0xff), 0, 4_096, 0));
    // The written bytes are no record: the keeper finds them when it next looks.
    line.ask(asked.commit);
  },
  forge() {
    const draft = JSON.parse(args[0] ?? "{}", (_key, value: unknown) => value) as Draft;
    recorder().append(draft, hasBytes(draft) ? new Uint8Array(draft.length) : undefined);
    line.ask(asked.commit);
    print("taken");
  },
  tape() {
    const bytes = line.ask(asked.tape, [Number(args[0]), Number(args[1])]);
    print(`tape: ${Buffer.from(bytes).toString("latin1").replaceAll("\0", ".")}`);
  },
  /** Has the first segment put into the spool, and asks for what no honest process does. */
  spool() {
    const guest = recorder();
    const path = "/in/large";
    const ino = go.tree.nextIno;
    guest.append({ kind: "create", ino, parent: 3, name: "large", path } as Draft);
    const bytes = new Uint8Array(256 * 1024);
    guest.append({ kind: "write", ino, path, offset: 0, length: bytes.length } as Draft, bytes);
    const { hold } = keeperLine(line, descriptors.line);
    guest.commit();
    hold?.(0, bytes.length);
    const seen = Buffer.alloc(18);
    readSync(descriptors.spool, seen, 0, seen.length, 0);
    print(`spool: ${seen.toString("latin1").replaceAll("\0", ".")}`);
    attempt("write", () => writeSync(descriptors.spool, "x"));
    attempt("cut", () => ftruncateSync(descriptors.spool, 0));
    attempt("beyond", () => hold?.(0, 2 * bytes.length));
    hold?.(Number(args[0]), Number(args[1]));
  },
  /** Asks for promised bytes, and records something else, or asks again. */
  promised() {
    const [how = "", ...positions] = args;
    const given = keeperLine(line, descriptors.line).promised(Number(positions[0]));
    if (!("bytes" in given)) return print("not given");
    const { bytes, path, start, length } = given;
    print(`given: ${Buffer.from(bytes).toString()}`);
    const draft = { kind: "fetch", path, start, length } as const;
    if (how === "others") recorder().append(draft, Buffer.alloc(length, "x"));
    if (how === "elsewhere") recorder().append({ ...draft, path: "/in/d/b" }, bytes);
    if (how === "twice") {
      const guest = recorder();
      guest.append(draft, bytes);
      guest.append(draft, bytes);
    }
    if (how === "again") keeperLine(line, descriptors.line).promised(Number(positions[1]));
    line.ask(asked.commit);
    print("taken");
  },
  memory() {
    const held: Buffer[] = [];
    for (;;) held.push(Buffer.alloc(64 * 1024 * 1024, 1));
  },
  fill() {
    const bytes = Buffer.alloc(1024 * 1024);
    for (let left = 400; left > 0; left -= 1)
      if (writeSync(descriptors.log, bytes) < bytes.length) break;
    attempt("more", () => writeSync(descriptors.log, bytes));
    line.ask(asked.commit);
  },
  questions() {
    const guest = recorder();
    const ino = go.tree.nextIno;
    const path = "/large";
    guest.append({ kind: "create", ino, parent: 1, name: "large", path } as Draft);
    const bytes = new Uint8Array(1024 * 1024);
    guest.append({ kind: "write", ino, path, offset: 0, length: bytes.length } as Draft, bytes);
    guest.commit();
    const question = Buffer.alloc(1 + 16);
    question[0] = asked.tape;
    question.writeDoubleLE(bytes.length, 9);
    for (let sent = 0; sent < 1_000; sent += 1) line.say(said.ask, question);
    line.ask(asked.commit);
  },
  /** Asks so often with one write: an honest process waits for each answer. */
  together() {
    const [count = 0, kind = 0, ...numbers] = args.map(Number);
    const question = Buffer.alloc(1 + 8 * numbers.length);
    question[0] = kind;
    numbers.forEach((number, at) => question.writeDoubleLE(number, 1 + 8 * at));
    const frame = Buffer.concat([frameHeader(said.ask, question.length), question]);
    writeSync(descriptors.line, Buffer.alloc(frame.length * count, frame));
  },
  leave() {
    const { line: socket, log } = descriptors;
    const left = spawn("/bin/sleep", ["600"], {
      detached: true,
      stdio: ["ignore", "ignore", 2, socket, log],
    });
    print(`${left.pid}`);
    process.exit(3);
  },
  frames() {
    const header = frameHeader(said.output, 0);
    header.writeUInt32LE(Number(args[0]), 0);
    writeSync(descriptors.line, header);
    for (let sent = 0; sent < 4_000; sent += 1)
      writeSync(descriptors.line, Buffer.alloc(1024 * 1024));
  },
  say() {
    line.say(Number(args[0]), Buffer.from(args[1] ?? ""));
    line.ask(asked.commit);
  },
  print() {
    for (let printed = 0; printed < 1_000; printed += 1)
      line.say(said.output, Uint8Array.of(printed % 2), Buffer.alloc(1024 * 1024, 0x61));
  },
};

await attacks[attack]?.();
exit(0);
