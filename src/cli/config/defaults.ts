import type { Command } from "commander";

import { type Config, type Section, configIn, unknownSetting } from "./config-file.ts";
import { UsageError } from "../command/failure.ts";

/** A setting that stands for an option which was not given. */
interface Setting {
  /** The option's name in commander. */
  readonly option: string;
  /** Returns the option's value; undefined for a value that a config may not give. */
  readonly read: (value: unknown) => string | number | boolean | undefined;
  /** The values that it takes, for people. */
  readonly takes: string;
}

const only = (option: string, word: string): Setting => ({
  option,
  read: (value) => (value === word ? word : undefined),
  takes: `"${word}"`,
});

const flag = (option: string, given: boolean): Setting => ({
  option,
  read: (value) => (value === given ? given : undefined),
  takes: String(given),
});

/** A config comes with any cloned folder: it may record more, limit more and show more, and nothing else. */
const forPrograms: ReadonlyMap<string, Setting> = new Map([
  ["record", only("record", "reads")],
  ["limits", only("limits", "strict")],
  ["durability", only("durability", "power")],
  ["isolation", only("isolation", "required")],
  [
    "timeout",
    {
      option: "timeout",
      read: (value) =>
        typeof value === "number" && value > 0 && Number.isFinite(value)
          ? String(value)
          : undefined,
      takes: "a number of seconds",
    },
  ],
]);

const settings: ReadonlyMap<string, ReadonlyMap<string, Setting>> = new Map<
  Section,
  ReadonlyMap<string, Setting>
>([
  ["run", forPrograms],
  ["exec", forPrograms],
  [
    "diff",
    new Map([
      ["word-diff", flag("wordDiff", true)],
      [
        "unified",
        {
          option: "unified",
          read: (value: unknown) =>
            typeof value === "number" && Number.isInteger(value) && value >= 3 && value <= 1_000_000
              ? value
              : undefined,
          takes: "a number of lines from 3 on",
        },
      ],
    ]),
  ],
  [
    "log",
    new Map([
      ["failed", flag("failed", true)],
      ["pager", flag("pager", false)],
    ]),
  ],
  ["findings", new Map([["at-least", only("atLeast", "low")]])],
]);

/** Gives options the values of the working folder's config, which others on the command line replace. */
export async function applyDefaults(command: Command): Promise<void> {
  const known = settings.get(command.name());
  if (known === undefined) return;
  const config = await configIn(".");
  if (config === undefined) return;
  for (const [option, value] of defaultsIn(config, command.name(), known))
    command.setOptionValueWithSource(option, value, "config");
  // They are asked for when the program has ended, and would take the place of its exit code then.
  if (known === forPrograms && config.sections.get("findings")?.has("rules") === true)
    await (await import("./own-rules.ts")).ownRules();
}

function defaultsIn(
  { file, sections }: Config,
  section: string,
  known: ReadonlyMap<string, Setting>,
): (readonly [string, string | number | boolean])[] {
  return [...(sections.get(section) ?? [])].flatMap(([name, value]) => {
    // Rules are read where findings are looked for.
    if (section === "findings" && name === "rules") return [];
    const setting = known.get(name);
    if (setting === undefined) {
      const more = section === "findings" ? ["rules"] : [];
      throw unknownSetting(file, `${section}.${name}`, [...known.keys(), ...more].join(", "));
    }
    const read = setting.read(value);
    if (read === undefined)
      throw new UsageError(
        `${file}: ${section}.${name} can only be ${setting.takes}`,
        `a config may ask for more care, not for less: give --${name} on the command line`,
      );
    return [[setting.option, read] as const];
  });
}

/** Returns the options that the config gave, as they might have been typed. */
export function optionsByConfig(command: Command): string[] {
  return [...(settings.get(command.name()) ?? [])].flatMap(([name, { option }]) => {
    if (command.getOptionValueSource(option) !== "config") return [];
    const value: unknown = command.getOptionValue(option);
    return [
      typeof value === "boolean" ? `--${value ? "" : "no-"}${name}` : `--${name} ${String(value)}`,
    ];
  });
}
