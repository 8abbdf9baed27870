import { EventEmitter } from "node:events";
import { type Event, isMutation, pathsOf } from "../../journal/index.ts";
import { pathOf as pathIn } from "../fs/index.ts";
import { globMatcher } from "../history/index.ts";
import { type EncodingOption, inEncoding, optionsOf, pathOf } from "./arguments.ts";
import { inodeAt } from "./locate.ts";
import { SystemError, abortError, argumentError, asSystemCall, requireWaiting } from "./error.ts";
import type { Volume } from "./volume.ts";

interface WatchOptions extends EncodingOption {
  readonly recursive?: boolean;
  readonly persistent?: boolean;
  readonly signal?: AbortSignal;
  /** A glob, a regular expression or a test of what is not told, or several. */
  readonly ignore?: unknown;
}

/** A change, in the words of `fs.watch`. */
export interface WatchEvent {
  readonly eventType: "rename" | "change";
  readonly filename: string | Buffer;
}

/** `fs.FSWatcher`: tells of changes below a path that this process makes through the same open filesystem. */
export class Watcher extends EventEmitter {
  readonly #end: () => void;
  #isClosed = false;

  constructor(
    volume: Volume,
    path: unknown,
    options: unknown,
    listener?: (...told: never[]) => void,
  ) {
    super();
    const asked = optionsOf<WatchOptions>(options);
    const text = pathOf(path);
    requireFlags(asked);
    const isIgnored = ignoring(asked.ignore);
    const { ino } = watched(text, () => inodeAt(volume.tree(), text, "follow"));
    const top = pathIn(volume.tree(), ino);
    if (listener !== undefined) this.on("change", listener as (...told: unknown[]) => void);
    this.#end = volume.onEvent((event) => {
      for (const [eventType, changed] of changesOf(event, volume)) {
        const name = nameBelow(top, changed, asked.recursive === true);
        // Told later, as everything of a watcher is: never in the middle of the change.
        if (name !== undefined && !isIgnored(name))
          process.nextTick(() => this.#tell(eventType, inEncoding(name, asked)));
      }
    });
    asked.signal?.addEventListener("abort", () => this.close(), { once: true });
    if (asked.signal?.aborted === true) this.close();
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#end();
    process.nextTick(() => this.emit("close"));
  }

  /** It never keeps the process alive. */
  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  #tell(eventType: WatchEvent["eventType"], filename: string | Buffer): void {
    if (!this.#isClosed) this.emit("change", eventType, filename);
  }
}

/** `fs.promises.watch`: the same as an iterable, until its signal aborts. */
export async function* watchEvents(
  volume: Volume,
  path: unknown,
  options?: unknown,
): AsyncGenerator<WatchEvent> {
  const asked = optionsOf<WatchOptions>(options);
  const { signal } = asked;
  if (signal !== undefined && !(signal instanceof AbortSignal)) requireWaiting(asked);
  const told: WatchEvent[] = [];
  let wake = () => {};
  const watcher = new Watcher(volume, path, options);
  watcher.on("change", (eventType: WatchEvent["eventType"], filename: string | Buffer) => {
    told.push({ eventType, filename });
    wake();
  });
  watcher.on("close", () => wake());
  try {
    for (;;) {
      if (signal?.aborted === true) throw abortError(signal);
      const next = told.shift();
      if (next !== undefined) yield next;
      else await new Promise<void>((resolve) => (wake = resolve));
    }
  } finally {
    watcher.close();
  }
}

/** Does a call of the system; `fs.watch` says in its error, too, of which name it is. */
function watched<T>(path: string, act: () => T): T {
  try {
    return asSystemCall("watch", path, act);
  } catch (error) {
    throw error instanceof SystemError ? Object.assign(error, { filename: path }) : error;
  }
}

function requireFlags(asked: WatchOptions): void {
  for (const name of ["persistent", "recursive"] as const)
    if (asked[name] !== undefined && typeof asked[name] !== "boolean")
      throw argumentError(
        "ERR_INVALID_ARG_TYPE",
        `The "options.${name}" property must be of type boolean. Received ${typeof asked[name]}`,
      );
}

/** Returns a test for the names that are not told. Throws what Node.js throws for what is no such option. */
function ignoring(ignore: unknown): (name: string) => boolean {
  if (ignore === undefined || ignore === null) return () => false;
  const tests = (Array.isArray(ignore) ? ignore : [ignore]).map((one: unknown) => {
    if (one === "")
      throw argumentError("ERR_INVALID_ARG_VALUE", 'The "options.ignore" must not be empty');
    if (typeof one === "string") return globMatcher(one);
    if (one instanceof RegExp) return (name: string) => one.test(name);
    if (typeof one === "function") return one as (name: string) => boolean;
    throw argumentError(
      "ERR_INVALID_ARG_TYPE",
      `The "options.ignore" must be a string, RegExp, function or an array of them. Received ${typeof one}`,
    );
  });
  return (name) => tests.some((test) => test(name) === true);
}

/** Returns the paths that an event changed, and how `fs.watch` calls that. */
function* changesOf(
  event: Event,
  volume: Volume,
): Generator<readonly [WatchEvent["eventType"], string]> {
  if (!isMutation(event)) return;
  const isOfEntry = "parent" in event || event.kind === "listing";
  if (!isOfEntry) yield ["change", pathIn(volume.tree(), event.ino)];
  else for (const path of pathsOf(event)) yield ["rename", path];
}

/** Returns the name of a changed path for who watches `top`: of an entry, or with "recursive" a path below. */
function nameBelow(top: string, path: string, recursive: boolean): string | undefined {
  if (path === top) return top.slice(top.lastIndexOf("/") + 1);
  const prefix = top === "/" ? "/" : `${top}/`;
  if (!path.startsWith(prefix)) return undefined;
  const below = path.slice(prefix.length);
  return recursive || !below.includes("/") ? below : undefined;
}
