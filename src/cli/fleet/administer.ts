import type { Pool } from "../../fleet/depot/index.ts";
import {
  type Printable,
  counted,
  formatBytes,
  formatDuration,
  line,
  parseBytes,
  parseDuration,
  printable,
  table,
  words,
} from "../../text/index.ts";
import type { Context } from "../command/context.ts";
import { UsageError, exits } from "../command/failure.ts";
import { openProgress } from "../command/progress.ts";

/** The work of who runs a depot, and has its database. */
export interface Administration {
  readonly context: Context;
  readonly depot: typeof import("../../fleet/depot/index.ts");
  readonly pool: Pool;
}

export interface AdministerOptions {
  readonly tenant: string;
  readonly name?: string;
  readonly reason?: string;
  readonly label?: string;
  readonly maxAge?: string;
  readonly maxSize?: string;
  readonly dryRun?: true;
  readonly json?: true;
  readonly store: string | undefined;
}

/**
 * Gives journals to another sender, holds and releases them, sets rules of retention, or looks for forgotten objects.
 * Throws UsageError.
 */
export async function administer(
  at: Administration,
  what: "reassign" | "hold" | "release" | "holds" | "retain" | "sweep",
  id: string | undefined,
  options: AdministerOptions,
): Promise<number> {
  if (what === "sweep") return await sweep(at, options);
  const tenant = await at.depot.tenantOf(at.pool, options.tenant);
  if (tenant === undefined)
    throw new UsageError(
      `there is no tenant ${options.tenant}`,
      "`rewindfs depot grant --tenant` makes one",
    );
  if (what === "holds") return await listHolds(at, tenant, options);
  if (what === "retain") return await retain(at, tenant, options);
  if (what === "reassign") return await reassign(at, tenant, id, options.name);
  if (id === undefined || !/^[0-9a-f]{32}$/.test(id))
    throw new UsageError(`depot ${what} lacks a journal's id`, "it has 32 hex digits");
  const { context, depot, pool } = at;
  const { name = "hold", reason = "" } = options;
  const journal = { tenant, journal: id };
  const isDone =
    what === "hold"
      ? await depot.transaction(pool, (client) => depot.hold(client, journal, name, reason))
      : await depot.release(pool, journal, name);
  const said = {
    hold: ["is held by", "is not there to be held by"],
    release: ["is released from", "is not held by"],
  }[what];
  context.talk.line(
    line`${printable(id)} ${printable(said[isDone ? 0 : 1] ?? "")} ${printable(name)}`,
  );
  if (!isDone)
    context.talk.line(
      words(
        what === "release"
          ? "Hint: `rewindfs depot holds` lists what is held, and by which --name"
          : "Hint: `rewindfs find --journals` lists the journals that there are",
      ),
    );
  return isDone ? exits.done : exits.no;
}

async function reassign(
  { context, depot, pool }: Administration,
  tenant: number,
  of: string | undefined,
  to: string | undefined,
): Promise<number> {
  if (of === undefined || to === undefined)
    throw new UsageError(
      "depot reassign lacks which journals, or whose they are to be",
      "rewindfs depot reassign ID --name TOKEN; in place of an ID, the name of a token stands for all that it sends",
    );
  const count = await depot.reassign(pool, tenant, of, to);
  if (count === undefined)
    throw new UsageError(`there is no token ${to}`, "`rewindfs depot grant NAME` makes one");
  context.talk.line(
    count === 0
      ? line`there is no journal of ${printable(of)}`
      : line`${counted(count, "journal")} of ${printable(of)}: from now on the token ${printable(to)} sends what is added`,
  );
  return count === 0 ? exits.no : exits.done;
}

async function listHolds(
  { context: { out }, depot, pool }: Administration,
  tenant: number,
  { json }: AdministerOptions,
): Promise<number> {
  const found = await depot.listHolds(pool, tenant);
  if (json === true) for (const one of found) out.json(one);
  else {
    const rows = found.map(({ journal, name, reason, created }) =>
      [created.toISOString(), journal, name, reason].map(printable),
    );
    for (const text of table(rows, [{}, {}, {}, {}])) out.line(text);
  }
  return found.length === 0 ? exits.no : exits.done;
}

async function retain(
  at: Administration,
  tenant: number,
  { label = "", maxAge, maxSize, dryRun, json }: AdministerOptions,
): Promise<number> {
  const { depot, pool } = at;
  const { out, talk } = at.context;
  const rule =
    maxAge === undefined && maxSize === undefined
      ? undefined
      : { label, ...boundsOf(maxAge, maxSize) };
  if (dryRun === true) {
    const tried = rule === undefined ? {} : { tried: rule };
    const going = await depot.goingOf(pool, tenant, tried);
    if (json === true) for (const one of going) out.json(one);
    else {
      const rows = going.map(
        ({ journal, name, received, bytes, rule: by }): readonly Printable[] => [
          printable(received.toISOString()),
          printable(journal),
          formatBytes(bytes),
          printable(by),
          printable(name),
        ],
      );
      for (const text of table(rows, [{}, {}, { align: "right" }, {}, {}])) out.line(text);
    }
    talk.line(line`${countedGoing(at, going.length)} would go; nothing was done`);
    return exits.done;
  }
  if (rule !== undefined) await depot.setRetention(pool, tenant, rule);
  const rules = await depot.listRetention(pool, tenant);
  if (json === true) for (const one of rules) out.json(one);
  else for (const one of rules) out.line(ruleText(one));
  if (rules.length === 0) talk.line(words("there are no rules: all is kept"));
  if (rule !== undefined && rules.length > 0) {
    const { length } = await depot.goingOf(pool, tenant);
    talk.line(
      length === 0
        ? words("no journal goes by these rules yet")
        : line`${countedGoing(at, length)} will go by these rules, in an hour at the earliest`,
    );
    if (length > 0)
      talk.line(
        words("Hint: depot retain --dry-run lists them; a rule with --max-age none is removed"),
      );
  }
  return exits.done;
}

function countedGoing({ depot }: Administration, count: number): Printable {
  const text = counted(count, "journal");
  return printable(`${text}${count < depot.mostGoing ? "" : " or more"}`);
}

function ruleText(rule: {
  readonly label: string;
  readonly maxAgeSeconds?: number;
  readonly maxBytes?: number;
}): Printable {
  const { label, maxAgeSeconds: age, maxBytes } = rule;
  const whose = label === "" ? words("all others") : printable(label);
  const byAge =
    age === undefined
      ? words("")
      : line`  quiet for ${formatDuration(BigInt(age) * 1_000_000_000n)}`;
  const bySize = maxBytes === undefined ? words("") : line`  more than ${formatBytes(maxBytes)}`;
  return printable(`${line`${whose}${byAge}${bySize}`}`);
}

/** Returns the bounds of a rule; "none" removes it. */
function boundsOf(
  maxAge: string | undefined,
  maxSize: string | undefined,
): { readonly maxAgeSeconds?: number; readonly maxBytes?: number } {
  if (maxAge === "none" || maxSize === "none") return {};
  const age = maxAge === undefined ? undefined : parseDuration(maxAge);
  const size = maxSize === undefined ? undefined : parseBytes(maxSize);
  if (maxAge !== undefined && (age === undefined || age < 1))
    throw new UsageError(`--max-age ${maxAge} is no span of time`, "for example 90d, or none");
  if (maxSize !== undefined && (size === undefined || size < 1))
    throw new UsageError(`--max-size ${maxSize} is no size`, "for example 500G, or none");
  return {
    ...(age === undefined ? {} : { maxAgeSeconds: Math.round(age) }),
    ...(size === undefined ? {} : { maxBytes: size }),
  };
}

async function sweep(
  { context, depot, pool }: Administration,
  { store }: AdministerOptions,
): Promise<number> {
  using progress = openProgress(context);
  const objects = await depot.openObjects(pool, store, context.env);
  const { seen, unknown } = await depot.sweepObjects(pool, objects, (looked) =>
    progress.show(() => printable(`looked at ${looked} objects`)),
  );
  progress.talk(
    line`${counted(seen, "object")}, of which the database did not know ${unknown}: they go in a day`,
  );
  return exits.done;
}
