import { join } from "node:path";

import type { Limits } from "../../fs/index.ts";
import { RunError } from "../ending/error.ts";
import { distrustOf } from "./cache-folder.ts";
import { cacheKey, openCache } from "./cache.ts";
import { errorOf, parseFailure } from "../ending/failure.ts";
import { said, told } from "../protocol/frames.ts";
import type { GuestFile } from "../process/guest-file.ts";
import { GuestProcess, type ProcessEnd } from "../process/guest-process.ts";
import type { Isolation } from "../isolation/index.ts";
import { parseTranslated } from "./translated.ts";
import {
  type Translation,
  checkGlue,
  translatorForProcess,
  translatorVersion,
} from "./translate.ts";

export interface TranslationOptions {
  readonly name: string;
  readonly cacheFolder: string;
  readonly isolation: Isolation;
  readonly limits: Limits;
  /** Called with the process that translates, so that it can be ended. */
  readonly onProcess: (process: GuestProcess) => void;
}

/**
 * Returns a component's translation: from the cache, or made in a process of its own, as the guest's bytes are not
 * trusted, and stored there. Adds notes for a person. Throws RunError.
 */
export async function translationOf(
  { bytes, digest }: GuestFile,
  options: TranslationOptions,
): Promise<{ readonly translation: Translation; readonly notes: readonly string[] }> {
  const { cacheFolder } = options;
  const cache = openCache(cacheFolder);
  const key = cacheKey(digest, translatorVersion());
  const distrust = distrustOf(cacheFolder) ?? distrustOf(join(cacheFolder, key));
  const cached = distrust === undefined ? await cache.read(key) : undefined;
  if (cached !== undefined) return { translation: cached, notes: [] };
  const translation = await translateApart(bytes, options);
  await checkGlue(options.name, translation.glue);
  if (distrust !== undefined) {
    const note = `The translated guest is not kept in ${cacheFolder}: ${distrust}. Remove it, and the next start will not be slow again.`;
    return { translation, notes: [note] };
  }
  try {
    await cache.write(key, translation);
    return { translation, notes: [] };
  } catch (error) {
    if (!(error instanceof Error) || !("syscall" in error)) throw error;
    const note = `The translated guest cannot be kept in ${cacheFolder} (${error.message}); the next start will be slow again.`;
    return { translation, notes: [note] };
  }
}

function translateApart(
  bytes: Uint8Array,
  { name, isolation, limits, onProcess }: TranslationOptions,
): Promise<Translation> {
  const translator = translatorForProcess();
  return new Promise((resolve, reject) => {
    let gather: ReturnType<typeof parseTranslated> | undefined;
    const process = new GuestProcess({
      isolation,
      visible: translator.folders,
      limits,
      onFrame({ kind, body }) {
        if (kind === said.failed) return void errorOf(parseFailure(body)).then(reject, reject);
        if (kind === said.translated && gather === undefined) gather = parseTranslated(body);
        else if (kind === said.piece && gather !== undefined) gather.put(body);
        else throw new RangeError(`a frame of kind ${kind} while it translates`);
        const whole = gather.translation();
        if (whole === undefined) return;
        resolve(whole);
        process.kill();
      },
      onEnd: (end) => reject(notTranslated(name, end)),
    });
    onProcess(process);
    process.tellClone(told.job, { kind: "translate", name, translator: translator.module });
    process.hand([[bytes]]);
  });
}

function notTranslated(name: string, { code, signal, talk, error }: ProcessEnd): RunError {
  const how = error?.message ?? (signal === null ? `exit code ${code}` : signal);
  const last = talk.trim().split("\n").at(-1) ?? "";
  return new RunError(
    "not-runnable",
    `Cannot run ${name}: the process that was to translate it ended (${how})${last === "" ? "" : `: ${last}`}`,
    { hint: "build it again; a component of enormous size needs more --limit memory" },
  );
}
