import {
  type Signature,
  derOf,
  fingerprintOf,
  type Verdict,
  publicKey,
} from "../../../../journal/index.ts";
import { counted, describeBytes, line, printable, words } from "../../../text/index.ts";
import {
  type Define,
  type ReadingOptions,
  examples,
  readingOptions,
} from "../../command/command.ts";
import type { Context } from "../../command/context.ts";
import { UsageError, exits } from "../../command/failure.ts";
import { keyText } from "../../command/key-file.ts";
import { beginningOf, damageText, verdictOf } from "../../asking/verified.ts";

interface Options extends ReadingOptions {
  readonly head?: string;
  readonly public?: string;
}

export const define: Define = (command, act) =>
  examples(
    readingOptions(command)
      .option("--head <digest>", "a digest that run printed: nothing up to it was changed since")
      .option("--public <key.pem>", "the public key that the last head must be signed with")
      .action((options: Options) => act(options, (context) => check(context, options))),
    [
      ["rewindfs verify", "recompute every digest, and replay every event"],
      ["rewindfs verify --head 3f9a…", "prove that nothing was cut off or rewritten"],
      ["rewindfs verify --public public.pem", "prove the same by a signature in the journal"],
    ],
  );

async function check(context: Context, options: Options): Promise<number> {
  const { head, json } = options;
  const signer =
    options.public === undefined
      ? undefined
      : fingerprintOf(derOf(publicKey(keyText("--public", options.public), options.public)));
  if (head !== undefined && !/^[0-9a-f]{64}$/i.test(head)) {
    throw new UsageError(`--head ${head} is no digest`, "give all 64 hex digits that run printed");
  }
  const verdict = verdictOf(context, head?.toLowerCase());
  const { out, talk } = context;
  const signed = verdict.ok ? signedBy(verdict, signer) : undefined;
  if (json === true)
    out.json(signer === undefined ? verdict : { ...verdict, signed: signed ?? null });
  else if (verdict.ok) {
    out.line(line`ok  ${counted(verdict.events, "event")}, head ${printable(verdict.head)}`);
    if (verdict.headAt !== undefined) {
      const isFolded = verdict.headAt < (verdict.folded ?? 0);
      talk.line(
        isFolded
          ? line`The digest that was given vouched for events 1 to ${verdict.headAt}, which are folded since.`
          : line`The digest that was given vouches for events 1 to ${verdict.headAt}.`,
      );
    }
    await tellSignatures(context, verdict, signer, signed);
    if (verdict.redacted !== undefined) {
      const { spans, bytes } = verdict.redacted;
      const are = words(bytes === 1 ? "is" : "are");
      talk.line(line`${describeBytes(bytes)} of ${counted(spans, "write")} ${are} redacted.`);
    }
    if (verdict.leftover === true) {
      talk.line(
        words(
          "Free pages of the file may hold removed bytes: run the interrupted redact or gc again.",
        ),
      );
    }
  } else {
    out.line(line`${out.paint("refused", words("damaged"))}  ${printable(damageText(verdict))}`);
    const beginning = beginningOf(context.journal);
    const isBeginning = verdict.seq > 0 && verdict.seq <= (beginning ?? 0);
    if (verdict.seq > 1 && !isBeginning) {
      talk.line(
        printable(
          `Hint: events before it can be recovered with rewindfs fork ${verdict.seq - 1} NEW.db`,
        ),
      );
    } else if (isBeginning) {
      talk.line(
        words(
          "Hint: nothing else tells of the state that it begins with; if there is a copy, restore it",
        ),
      );
    } else if (head === undefined) {
      talk.line(
        beginning !== undefined
          ? words(
              "Hint: rewindfs fork @ NEW.db or rewindfs export --unverified DIR recover what can be read; if there is a copy, restore it",
            )
          : words("Hint: rewindfs can read nothing of it; where there is a copy, restore it"),
      );
    }
  }
  if (!verdict.ok) return exits.damaged;
  return signer !== undefined && signed === undefined ? exits.no : exits.done;
}

type Whole = Extract<Verdict, { readonly ok: true }>;

/** The last signature of a key, and the number of events after it. */
interface Signed extends Signature {
  readonly after: number;
}

function signedBy({ signatures = [], events }: Whole, signer?: string): Signed | undefined {
  const found = signatures.find(({ fingerprint }) => fingerprint === signer);
  return found === undefined ? undefined : { ...found, after: events - found.seq };
}

async function tellSignatures(
  context: Context,
  { signatures = [], folded }: Whole,
  signer: string | undefined,
  signed: Signed | undefined,
): Promise<void> {
  const { out, talk } = context;
  if (signed !== undefined) {
    const after = signed.after === 0 ? "" : `; ${counted(signed.after, "event")} came after that`;
    const gone = signed.seq < (folded ?? 0) ? ", and folded since" : "";
    talk.line(printable(`Events 1 to ${signed.seq} are signed with that key${gone}${after}.`));
    return;
  }
  if (signer !== undefined) {
    out.line(line`${out.paint("refused", words("not signed"))}  with the key ${printable(signer)}`);
  }
  if (signatures.length === 0) return;
  const { knownBy } = await import("../../fleet/keys.ts");
  for (const { seq, fingerprint } of signatures) {
    const urls = await knownBy(context, fingerprint);
    const whose =
      urls.length === 0
        ? "whoever that is"
        : `the key that is known here of the depot ${urls.join(" and ")}`;
    talk.line(line`Signed up to event ${seq} by ${printable(fingerprint)}, ${printable(whose)}.`);
  }
}
