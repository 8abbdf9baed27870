import { type Binding, type Group, bindings, groups } from "./bindings.ts";
import { contextNames } from "./help.ts";
import { keyName } from "./keymap.ts";

/** Returns the keys as Markdown tables, one for each heading, for docs/keys.md and the README. */
export function keyTable(heading: "##" | "###" = "##"): string {
  return groups.map((group) => tableOf(group, heading)).join("\n");
}

function tableOf(group: Group, heading: string): string {
  const rows = bindings.filter((binding) => binding.group === group);
  return [
    `${heading} ${group}`,
    "",
    "| Key | What it does | Where |",
    "| --- | --- | --- |",
    ...rows.map(
      (binding) => `| ${keysIn(binding)} | ${binding.label} | ${contextNames[binding.in]} |`,
    ),
    "",
  ].join("\n");
}

function keysIn({ keys }: Binding): string {
  return keys.map(code).join(" ");
}

function code(token: string): string {
  return `\`${keyName(token)}\``.replace("|", "\\|");
}
