import { existsSync, realpathSync, statSync } from "node:fs";
import { dirname } from "node:path";

import { filesOf, resolvePath, stateFolder } from "../../../journal/index.ts";
import { listeningSockets } from "./listening.ts";

/** The part of this machine that a program sees, and its identity in there. */
export interface Sandbox {
  /** The folder that is the journal's filesystem. */
  readonly folder: string;
  /** The folder in there that the program starts in. */
  readonly cwd: string;
  readonly journal: string;
  /** Folders or files below hidden ones that the program sees all the same, to read them. */
  readonly shown: readonly string[];
  readonly home: string | undefined;
  readonly network: "none" | "host";
  /** All variables that the program gets. */
  readonly environment: ReadonlyMap<string, string>;
  /** The terminal of who started this process, or none, and with it a session of its own. */
  readonly terminal: "shared" | "none";
  readonly uid: number;
  readonly gid: number;
  /** Descriptor from which the filter of system calls is read. */
  readonly filter: number;
}

/** Folders with what other programs listen on, what others left, and what belongs to users. */
const hidden = ["/home", "/root", "/run", "/tmp", "/var/tmp"];

/** Files of the machine that root could read. */
const passwords = ["/etc/gshadow", "/etc/gshadow-", "/etc/shadow", "/etc/shadow-"];

/** Folders that no program can do without: files of a journal there are hidden one by one. */
const needed = [
  "/",
  "/bin",
  "/dev",
  "/etc",
  "/lib",
  "/opt",
  "/proc",
  "/sbin",
  "/sys",
  "/usr",
  "/var",
];

/**
 * Returns bubblewrap's arguments for a native program: the machine's files read-only, without homes, temporary files,
 * sockets and the journal; processes, network and names of its own; no capabilities and no way to gain one; an end
 * together with this process. The folder is the only thing that it can change for longer than it lives.
 */
export function sandboxArguments(sandbox: Sandbox): readonly string[] {
  const { folder, cwd, shown, home, network, environment, terminal, uid, gid, filter } = sandbox;
  const own = ownFolders(home);
  const covers = coversOf(sandbox);
  const secrets = [...realFolder(stateFolder()), ...journalFolder(sandbox)].filter(
    (path) => !isWithin(path, folder),
  );
  return [
    "--unshare-user",
    "--unshare-ipc",
    "--unshare-pid",
    "--unshare-uts",
    "--unshare-cgroup-try",
    ...(network === "none" ? ["--unshare-net"] : []),
    "--uid",
    String(uid),
    "--gid",
    String(gid),
    "--cap-drop",
    "ALL",
    "--die-with-parent",
    // A signal to a group reaches all that is in it, in whatever namespace.
    ...(terminal === "none" ? ["--new-session"] : []),
    "--clearenv",
    ...[...environment].flatMap(([name, value]) => ["--setenv", name, value]),
    "--ro-bind",
    "/",
    "/",
    "--dev",
    "/dev",
    "--proc",
    "/proc",
    ...withoutSwitches(),
    // Root owns the kernel's files there, and could change their modes, which are the same for all.
    ...(uid === 0 ? ["--remount-ro", "/proc"] : []),
    ...covers.flatMap((cover) => ["--tmpfs", cover]),
    ...own.flatMap((path) => ["--dir", path]),
    ...(network === "host" ? resolver() : []),
    ...passwords.filter((file) => existsSync(file)).flatMap(emptied),
    ...shown.flatMap((path) => shownAt(path, covers, secrets)),
    ...withoutJournal(sandbox),
    "--bind",
    folder,
    folder,
    "--chdir",
    cwd,
    "--seccomp",
    String(filter),
  ];
}

/**
 * Switches of the whole kernel below /proc: root may write them by the modes of the files alone, without any capability.
 * The lists are those that containers use (OCI runtimes, "readonlyPaths" and "maskedPaths").
 */
const switches = ["bus", "fs", "irq", "pressure", "sys", "sysrq-trigger"];
const insights = [
  "acpi",
  "asound",
  "interrupts",
  "kcore",
  "keys",
  "latency_stats",
  "sched_debug",
  "scsi",
  "timer_list",
  "timer_stats",
];

function withoutSwitches(): readonly string[] {
  const inside = (name: string) => `/proc/${name}`;
  return [
    ...switches
      .map(inside)
      .filter((path) => existsSync(path))
      .flatMap((path) => ["--ro-bind", path, path]),
    ...insights
      .map(inside)
      .filter((path) => existsSync(path))
      .flatMap((path) => (statSync(path).isDirectory() ? ["--tmpfs", path] : emptied(path))),
  ];
}

/**
 * Lists the sockets that the program would find although somebody listens on them. The filesystem that is read-only keeps
 * nobody from talking to them.
 */
export function socketsIn(sandbox: Sandbox): readonly string[] {
  const others = [...coversOf(sandbox), ...sandbox.shown, sandbox.folder];
  return listeningSockets().filter((path) => !others.some((above) => isWithin(path, above)));
}

/** Lists the folders that the program finds empty. */
function coversOf({ folder, home }: Sandbox): readonly string[] {
  return outermost(
    [...hidden.flatMap(realFolder), ...ownFolders(home), ...realFolder(stateFolder())].filter(
      // Files in the folder are the program's, and may be anything by now.
      (path) => !path.startsWith(`${folder}/`),
    ),
  );
}

function ownFolders(home: string | undefined): readonly string[] {
  return home === undefined ? [] : realFolder(home);
}

/**
 * Shows a path, but for what is secret below it, by whatever links: this program's own state, as who reaches the sockets in
 * there answers what people are asked, and the journal. A link that the program sees anyway is shown as what it leads to.
 */
function shownAt(
  path: string,
  covers: readonly string[],
  secrets: readonly string[],
): readonly string[] {
  const real = realpathSync(path);
  const at = covers.some((above) => isWithin(path, above)) ? path : real;
  if (secrets.some((secret) => isWithin(real, secret))) return [];
  const below = secrets.filter((secret) => isWithin(secret, real));
  const hide = below.flatMap((secret) => ["--tmpfs", `${at}${secret.slice(real.length)}`]);
  return ["--ro-bind", real, at, ...hide];
}

/** Returns the bytes of a file that bubblewrap reads arguments from: other users do not see them there. */
export function argumentsFile(args: readonly string[]): Uint8Array {
  return Buffer.from(args.map((argument) => `${argument}\0`).join(""));
}

/** Name servers may stand in a file below a hidden folder. */
function resolver(): readonly string[] {
  const file = "/etc/resolv.conf";
  const real = existsSync(file) ? realpathSync(file) : file;
  return real === file ? [] : ["--ro-bind-try", real, real];
}

/** Hides the journal's folder, or its files where the folder is one that programs need. */
function withoutJournal(sandbox: Sandbox): readonly string[] {
  const [parent] = journalFolder(sandbox);
  if (parent !== undefined) return ["--tmpfs", parent];
  const file = resolvePath(sandbox.journal);
  if (isWithin(file, sandbox.folder)) return [];
  return [file, ...filesOf(file)].filter((path) => existsSync(path)).flatMap(emptied);
}

/** Returns the folder with the journal, unless programs need it, or it is their own. */
function journalFolder({ journal, folder }: Sandbox): readonly string[] {
  const file = resolvePath(journal);
  const parent = dirname(file);
  return needed.includes(parent) || isWithin(file, folder) ? [] : [parent];
}

function emptied(file: string): readonly string[] {
  return ["--ro-bind", "/dev/null", file];
}

/** Leaves out what lies below another, or is the same. */
function outermost(folders: readonly string[]): readonly string[] {
  const all = [...new Set(folders)];
  return all.filter((one) => !all.some((other) => one.startsWith(`${other}/`)));
}

function isWithin(path: string, above: string): boolean {
  return path === above || path.startsWith(`${above}/`);
}

/** Returns a folder's own path, if it is there and one that programs can do without: it may be given by a link. */
function realFolder(path: string): readonly string[] {
  if (!existsSync(path)) return [];
  const real = realpathSync(path);
  return needed.includes(real) || !statSync(real).isDirectory() ? [] : [real];
}
