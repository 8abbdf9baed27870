import { spawnSync } from "node:child_process";
import { closeSync, existsSync, openSync, readFileSync } from "node:fs";

import { RunError } from "../ending/error.ts";
import { type Support, findBubblewrap, findSupport } from "../isolation/index.ts";

const device = "/dev/fuse";

/**
 * The folders of the programs that make a mount and a border. The user's PATH may lead into the folder that a program works
 * in, such as node_modules/.bin: what a program left there would run outside of its border.
 */
export const systemPath =
  "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/run/current-system/sw/bin";

/** Opens the kernel's door to filesystems that programs serve. Throws RunError that says what is missing here. */
export function openDevice(): number {
  try {
    return openSync(device, "r+");
  } catch (error) {
    if (!(error instanceof Error) || !("code" in error)) throw error;
    throw cannot(`${device} cannot be opened (${String(error.code)})`, hintForDevice(error.code));
  }
}

function hintForDevice(code: unknown): string {
  if (code === "EACCES" || code === "EPERM")
    return `let users open it: chmod 666 ${device} as root, or run this as root; in a container, start that with --device ${device}`;
  return `load the kernel's module: modprobe fuse as root; in a container, start that with --device ${device}`;
}

/** Throws RunError unless this system has what a journaled filesystem for native programs needs. */
export function requireSystem(): void {
  if (process.platform !== "linux")
    throw cannot(
      `it needs Linux, and this is ${process.platform}`,
      "run it in a virtual machine or a container with Linux; WebAssembly guests run here: rewindfs run",
    );
  if (!existsSync(device)) throw cannot(`there is no ${device}`, hintForDevice("ENOENT"));
  // Before anything is brought in for a program that could not run.
  closeSync(openDevice());
  for (const program of ["unshare", "mount"]) {
    const found = spawnSync(program, ["--version"], {
      env: { PATH: systemPath },
      stdio: ["ignore", "pipe", "ignore"],
    });
    // Other programs of that name, such as BusyBox', cannot pass on a descriptor.
    if (!String(found.stdout).includes("util-linux"))
      throw cannot(`util-linux' ${program} is missing`, "install it: apt install util-linux mount");
  }
}

/** The user and group of this process, as they are outside of a user namespace that `enterUserNamespace` made. */
export interface Identity {
  readonly uid: number;
  readonly gid: number;
}

export function identity(): Identity {
  return {
    uid: outside("/proc/self/uid_map") ?? process.getuid?.() ?? 0,
    gid: outside("/proc/self/gid_map") ?? process.getgid?.() ?? 0,
  };
}

/** Returns the number that root of this namespace is outside, if it is the only one that is anything there. */
function outside(map: string): number | undefined {
  const [, inside, out, count] =
    /^\s*(\d+)\s+(\d+)\s+(\d+)\s*$/.exec(readFileSync(map, "utf8")) ?? [];
  return inside === "0" && count === "1" ? Number(out) : undefined;
}

/**
 * Makes an ordinary user root of a namespace of its own, which may mount: this process goes on as a new one, with the
 * same arguments, the same number and the same terminal. Does nothing for root. Throws RunError where the system does
 * not allow it.
 */
export function enterUserNamespace(): void {
  if (process.getuid?.() === 0) return;
  const tried = spawnSync("unshare", ["--user", "--map-root-user", "true"], {
    env: { PATH: systemPath },
    encoding: "utf8",
    stdio: ["ignore", "ignore", "pipe"],
  });
  if (tried.status !== 0)
    throw cannot(`this system allows no user namespaces (${tried.stderr.trim()})`, allowNamespaces);
  const unshare = ["/usr/bin/unshare", "/bin/unshare"].find((path) => existsSync(path));
  if (unshare === undefined || process.execve === undefined)
    throw cannot("util-linux' unshare is not in /usr/bin", "install it: apt install util-linux");
  const again = [process.execPath, ...process.execArgv, ...process.argv.slice(1)];
  process.execve(unshare, ["unshare", "--user", "--map-root-user", "--", ...again], {
    ...process.env,
    [foundOutside]: findBubblewrap(process.env["PATH"]) ?? "",
  });
}

/**
 * Tells the process in the namespace where bubblewrap is: root's files are nobody's in there, so that it cannot tell which
 * one only root can replace.
 */
const foundOutside = "REWINDFS_BUBBLEWRAP";

/** Tells whether this process is root only in the namespace that `enterUserNamespace` made for it. */
export function isInUserNamespace(): boolean {
  return process.env[foundOutside] !== undefined && outside("/proc/self/uid_map") !== undefined;
}

/** Returns the environment without what this process only told itself. */
export function environmentGiven(
  environment: Readonly<Record<string, string>>,
): Record<string, string> {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => name !== foundOutside));
}

/** Looks for the means of confining a program, also from within a namespace. */
export function supportHere(): Support {
  const { [foundOutside]: found, PATH } = process.env;
  if (!isInUserNamespace()) return findSupport(PATH);
  return findSupport(PATH, () => (found === "" ? undefined : found));
}

const allowNamespaces =
  "allow them: kernel.apparmor_restrict_unprivileged_userns=0 (Ubuntu), kernel.unprivileged_userns_clone=1 (Debian), user.max_user_namespaces above 0; in a container, its seccomp profile. Or run this as root";

function cannot(why: string, hint: string): RunError {
  return new RunError("failed", `Cannot make a filesystem for programs here: ${why}`, { hint });
}
