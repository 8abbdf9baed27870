// Replaces a guest that has taken over its process: tries every attack, and prints the result of each.
import { execFileSync, spawnSync } from "node:child_process";
import dgram from "node:dgram";
import dns from "node:dns/promises";
import fs from "node:fs";
import net from "node:net";
import os from "node:os";
import { once } from "node:events";
import { Worker } from "node:worker_threads";

const { parent, port, socket, abstract, secret, shown } = JSON.parse(process.argv[2] ?? "{}");
const self = import.meta.filename;

const tries = {
  "reads a file of the host": () => fs.readFileSync("/etc/passwd", "utf8"),
  "reads a secret beside what it was shown": () => fs.readFileSync(secret, "utf8"),
  "reads the environment of another process": () => fs.readFileSync("/proc/1/environ", "utf8"),
  "reads the memory of its parent": () => fs.openSync(`/proc/${parent}/mem`, "r"),
  "reopens a descriptor": () => fs.openSync("/proc/self/fd/1", "r+"),
  "opens the terminal": () => fs.openSync("/dev/tty", "r+"),
  "opens a device": () => fs.openSync("/dev/mem", "r"),
  "reads settings of the kernel": () => fs.readdirSync("/sys"),
  "writes over its script": () => fs.writeFileSync(self, ""),
  "opens its script for writing": () => fs.openSync(self, "r+"),
  "writes over Node.js": () => fs.openSync(process.execPath, "r+"),
  "creates a file in the root": () => fs.writeFileSync("/new", ""),
  "creates a file in /tmp": () => fs.writeFileSync("/tmp/new", ""),
  "creates a file in what it was shown": () => fs.writeFileSync(`${shown}/new`, ""),
  "changes a mode": () => fs.chmodSync(`${shown}/file`, 0o777),
  "changes times": () => fs.utimesSync(`${shown}/file`, 0, 0),
  "removes a file": () => fs.unlinkSync(`${shown}/file`),
  "renames a file": () => fs.renameSync(`${shown}/file`, `${shown}/other`),
  "makes a link": () => fs.linkSync(`${shown}/file`, "/linked"),
  "makes a symlink": () => fs.symlinkSync("/", "/linked"),
  "makes a folder": () => fs.mkdirSync("/folder"),
  "shortens what it was given": () => fs.ftruncateSync(3, 0),
  "changes the mode of what it was given": () => fs.fchmodSync(3, 0o777),
  "changes the times of what it was given": () => fs.futimesSync(3, 0, 0),
  "connects to a server": () => connected({ host: "127.0.0.1", port }),
  "connects to a socket in a folder": () => connected({ path: socket }),
  "connects to an abstract socket": () => connected({ path: `\0${abstract}` }),
  listens: () => listening({ port: 0 }),
  "listens on an abstract socket": () => listening({ path: "\0rewindfs-test-inside" }),
  "sends a datagram": () => sent(),
  "asks for a name": () => dns.resolve4("example.org"),
  "looks up a name": () => dns.lookup("localhost"),
  "signals its parent": () => process.kill(parent, 0),
  "ends its parent": () => process.kill(parent, "SIGKILL"),
  "starts a program": () => execFileSync("/bin/sh", ["-c", "echo started"]),
  "starts Node.js again": () => spawned(process.execPath, ["-e", "console.log('started')"]),
  "starts a shell by name": () => spawned("sh", ["-c", "echo started"]),
  "sets another priority for its parent": () => os.setPriority(parent, 19),
};

/** Permitted calls, and their expected results. */
const looks = {
  root: () => fs.readdirSync("/").toSorted(),
  folder: () => fs.readdirSync(shown),
  "what it was shown": () => fs.readFileSync(`${shown}/file`, "utf8"),
  "beside its script": () => fs.readdirSync(new URL("./", import.meta.url)),
  environment: () => process.env,
  user: () => [process.getuid?.(), process.getgid?.(), process.getgroups?.()],
  addresses: () => os.networkInterfaces(),
  host: () => os.hostname(),
  pid: () => process.pid,
  parent: () => process.ppid,
  arguments: () => process.argv.length,
  thread: () => thread(),
};

async function connected(options) {
  const made = net.connect(options);
  await once(made, "connect");
  return "connected";
}

async function listening(options) {
  const server = net.createServer().listen(options);
  await once(server, "listening");
  server.close();
  return "listening";
}

async function sent() {
  const made = dgram.createSocket("udp4");
  await new Promise((resolve, reject) => {
    made.once("error", reject);
    made.send("x", port, "127.0.0.1", (error) => (error ? reject(error) : resolve()));
  });
  return "sent";
}

function spawned(program, args) {
  const { error, stdout } = spawnSync(program, args, { encoding: "utf8" });
  if (error) throw error;
  return stdout;
}

async function thread() {
  const worker = new Worker("require('worker_threads').parentPort.postMessage('alive')", {
    eval: true,
  });
  const [message] = await once(worker, "message");
  await worker.terminate();
  return message;
}

async function outcome(run) {
  try {
    return { gave: (await run()) ?? "done" };
  } catch (error) {
    return { refused: String(error.code ?? error) };
  }
}

const told = {};
for (const [name, run] of Object.entries({ ...looks, ...tries })) told[name] = await outcome(run);
fs.writeSync(3, "appended");
fs.writeSync(1, JSON.stringify(told));
process.exit(0);
