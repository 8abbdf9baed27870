import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";

/** A suite's instructions for a program, and its expected results. */
export interface Spec {
  readonly args: readonly string[];
  readonly environment: ReadonlyMap<string, string>;
  /** The program's input. */
  readonly stdin: string;
  /** Folder of this machine that the program finds at "/"; without one it gets no directory. */
  readonly root: string | undefined;
  readonly exit: number;
  /** Its exact output, if specified. */
  readonly stdout: string | undefined;
  readonly stderr: string | undefined;
  /** Unknown steps of the specification: the program cannot be tried. */
  readonly unknown: readonly string[];
  /** True if it tests the network, which no guest reaches. */
  readonly wantsNetwork: boolean;
}

/**
 * Reads wasi-testsuite's JSON file beside a program: doc/specification.md there. A program without such a file must end
 * with 0.
 */
export function specOf(program: string): Spec {
  const file = program.replace(/\.wasm$/, ".json");
  const value: unknown = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : {};
  const told = fieldsOf(value);
  const steps = Array.isArray(told["operations"])
    ? told["operations"].map(fieldsOf)
    : [{ type: "run", ...told }, ...legacyEnd(told)];
  const run = steps.find(({ type }) => type === "run") ?? {};
  const end = steps.find(({ type }) => type === "wait") ?? {};
  const payloads = (type: "read" | "write", id: string): string | undefined => {
    const pieces = steps.filter(
      (step) =>
        step["type"] === type && (step["id"] ?? (type === "read" ? "stdout" : "stdin")) === id,
    );
    return pieces.length === 0
      ? undefined
      : pieces.map(({ payload }) => textOf(payload) ?? "").join("");
  };
  const root = textOf(run["root"]) ?? listOf(run["dirs"])[0];
  return {
    args: listOf(run["args"]),
    environment: new Map(Object.entries(fieldsOf(run["env"])).map(([k, v]) => [k, String(v)])),
    root: root === undefined ? undefined : join(dirname(program), root),
    exit: Number(end["exit_code"] ?? 0),
    stdin: payloads("write", "stdin") ?? "",
    stdout: payloads("read", "stdout"),
    stderr: payloads("read", "stderr"),
    unknown: steps.map(({ type }) => String(type)).filter((type) => !understood.has(type)),
    // Some have no file that says so.
    wantsNetwork:
      listOf(told["proposals"]).length > 0 || /^(?:sockets|http)-/.test(basename(program)),
  };
}

const understood: ReadonlySet<string> = new Set(["run", "wait", "read", "write"]);

/** Converts the older form, which has no steps: output and exit code stand beside the arguments. */
function legacyEnd(told: Fields): Fields[] {
  const texts = (["stdout", "stderr"] as const).flatMap((id) =>
    told[id] === undefined ? [] : [{ type: "read", id, payload: told[id] }],
  );
  return [...texts, { type: "wait", exit_code: told["exit_code"] ?? 0 }];
}

type Fields = Readonly<Record<string, unknown>>;

function fieldsOf(value: unknown): Fields {
  return typeof value === "object" && value !== null ? { ...value } : {};
}

function listOf(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
