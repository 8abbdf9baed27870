import { type Journal, type Run, signHead, signingKey } from "../../../../journal/index.ts";
import { line, printable } from "../../../text/index.ts";
import { withJournal } from "../../asking/reading.ts";
import { runIn } from "../../asking/run-number.ts";
import {
  type Define,
  type ReadingOptions,
  examples,
  readingOptions,
} from "../../command/command.ts";
import type { Context } from "../../command/context.ts";
import { UsageError, exits } from "../../command/failure.ts";
import { requireFree, writeStatement } from "../../evidence/write-statement.ts";
import { keyText } from "../../command/key-file.ts";

interface Options extends ReadingOptions {
  readonly statement?: string;
  readonly run?: string;
}

export const define: Define = (command, act) =>
  examples(
    readingOptions(command)
      .argument("<key.pem>", "an Ed25519 private key")
      .option("--statement <file>", "write a statement that others check, too (in-toto, DSSE)")
      .option("-r, --run <n>", "the run that it is about; by default the last of a program")
      .action((file: string, options: Options) =>
        act(options, (context) => sign(context, file, options)),
      ),
    [
      ["openssl genpkey -algorithm ed25519 -out key.pem", "make a key"],
      ["rewindfs sign key.pem", "sign everything in the journal now"],
      ["openssl pkey -in key.pem -pubout -out public.pem", "for people who check it"],
      ["rewindfs sign key.pem --statement run.intoto.json", "for tools that read attestations"],
      ["rewindfs verify --public public.pem", "check it"],
    ],
  );

async function sign(
  context: Context,
  file: string,
  { json, statement, run }: Options,
): Promise<number> {
  const key = signingKey(keyText("sign", file), file);
  if (run !== undefined && statement === undefined)
    throw new UsageError("--run chooses what a statement is about", "give --statement FILE, too");
  if (statement !== undefined) requireFree(context, statement);
  // A missing journal must not be created, nor a signature for a run that there is not.
  const chosen = await withJournal(context, (journal) =>
    statement === undefined ? undefined : runFor(journal, run),
  );
  const signature = signHead(context.journal, key);
  const { seq, fingerprint } = signature;
  if (json === true) context.out.json(signature);
  else context.talk.line(line`signed up to event ${seq} by ${printable(fingerprint)}`);
  if (statement !== undefined && chosen !== undefined)
    await writeStatement(context, statement, { key, head: signature, run: () => chosen });
  return exits.done;
}

/** Returns the run that a statement is about. Throws UsageError for one that there is not, or that is folded. */
function runFor(journal: Journal, text: string | undefined): Run {
  const runs = journal.runs();
  const run =
    text === undefined
      ? (runs.findLast(({ start }) => start.cause === "guest") ?? runs.at(-1))
      : runIn(journal, text);
  if (run === undefined)
    throw new UsageError(`there is no run in ${journal.file}`, "a statement is about a run");
  if (run.first > (journal.base()?.seq ?? 0)) return run;
  throw new UsageError(`run ${run.run} is folded`, "a statement is about a run that is left");
}
