import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

import { RunError } from "../ending/error.ts";
import { findBubblewrap } from "./bubblewrap.ts";
import { programFilter, systemCallFilter } from "./filter.ts";

/**
 * Returns the filter for a native program, by the group of processes that it is in, its own or that of who started it,
 * and by its user.
 */
type ProgramFilter = (
  group: "own" | "shared",
  owner: { readonly uid: number; readonly gid: number },
) => Uint8Array;

/**
 * This machine's means of isolating a guest: a program and the filters of system calls, for guests and for native
 * programs; or why there are none, and what to do.
 */
export type Support =
  | {
      readonly bubblewrap: string;
      readonly filter: Uint8Array;
      readonly programFilter: ProgramFilter;
    }
  | { readonly missing: string; readonly hint: string };

/**
 * Looks for the means of isolating a guest. Reads files if these settle it; if they leave doubt (the process is in a
 * container, or the kernel restricts user namespaces), tries bubblewrap once, which takes some 15 ms. `find` finds it.
 */
export function findSupport(path: string | undefined, find = findBubblewrap): Support {
  if (process.platform !== "linux")
    return {
      missing: `isolation needs Linux, and this is ${process.platform}`,
      hint: "run it in a container or a virtual machine with Linux.",
    };
  const filter = systemCallFilter(process.arch);
  if (filter === undefined)
    return {
      missing: `isolation needs an x86_64 or aarch64 processor, and this is ${process.arch}`,
      hint: "run it on another machine.",
    };
  const bubblewrap = find(path);
  if (bubblewrap === undefined)
    return {
      missing:
        "bubblewrap is not installed (no bwrap in PATH or /usr/bin that only root can change)",
      hint: "install it: apt install bubblewrap, dnf install bubblewrap, or the like.",
    };
  const refusal = isDoubtful() ? refusalOf(bubblewrap) : undefined;
  return refusal ?? { bubblewrap, filter, programFilter: programFilterHere };
}

const programFilterHere: ProgramFilter = (group, owner) => {
  const filter = programFilter(process.arch, group, owner);
  if (filter === undefined) throw new TypeError(`no filter for ${process.arch}`);
  return filter;
};

/** Tells if user namespaces may be refused: by the kernel's settings, by an LSM, or by this process's own sandbox. */
function isDoubtful(): boolean {
  const status = textOf("/proc/self/status") ?? "";
  return (
    numberIn("/proc/sys/kernel/unprivileged_userns_clone", 1) === 0 ||
    numberIn("/proc/sys/user/max_user_namespaces", 0) === 0 ||
    numberIn("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", 0) !== 0 ||
    !/^Seccomp:\s*0$/m.test(status) ||
    !/^NoNewPrivs:\s*0$/m.test(status) ||
    !isConfinedByNone(textOf("/proc/self/attr/current"))
  );
}

/** Tells if no LSM confines this process: there is none, or it has AppArmor's or SELinux' label for that. */
function isConfinedByNone(label: string | undefined): boolean {
  const name = (label ?? "").replaceAll("\0", "").trim();
  return name === "" || name === "unconfined" || name.includes(":unconfined_t:");
}

/** Returns why bubblewrap cannot make its namespaces here; undefined if it can. */
function refusalOf(bubblewrap: string): Support | undefined {
  const namespaces = ["user", "ipc", "pid", "net", "uts"].map((kind) => `--unshare-${kind}`);
  const tried = spawnSync(bubblewrap, [...namespaces, "--ro-bind", "/", "/", "true"], {
    encoding: "utf8",
    env: { PATH: "/usr/bin:/bin" },
    stdio: ["ignore", "ignore", "pipe"],
    timeout: 5_000,
  });
  if (tried.status === 0) return undefined;
  const said = lastLine(tried.stderr) || String(tried.error ?? tried.signal ?? tried.status);
  return { missing: `bubblewrap cannot make its namespaces here (${said})`, hint: allowNamespaces };
}

/**
 * Returns the error for a child that ended before its script began, from the text on its descriptor 2: a cause that the
 * look for support did not find. Undefined if the text is not bubblewrap's.
 */
export function startFailure(words: string): RunError | undefined {
  const said = lastLine(words);
  if (!said.startsWith("bwrap: ")) return undefined;
  return new RunError("failed", `Cannot isolate the guest: bubblewrap ended (${said})`, {
    hint: `${allowNamespaces} Or run without, for guests that are trusted: --isolation none.`,
  });
}

const allowNamespaces =
  "allow user namespaces: kernel.apparmor_restrict_unprivileged_userns=0, kernel.unprivileged_userns_clone=1, user.max_user_namespaces above 0; in a container, its seccomp profile.";

function lastLine(text: string): string {
  return text.trim().split("\n").at(-1) ?? "";
}

function numberIn(file: string, otherwise: number): number {
  const text = textOf(file);
  return text === undefined ? otherwise : Number(text);
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}
