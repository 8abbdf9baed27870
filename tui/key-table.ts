import { contextNames } from "./help.ts";
import { type Binding, type Group, bindings, groups, keyName } from "./keymap.ts";

/** The keys as Markdown tables, one for each heading: what docs/keys.md and the README hold. */
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
  return keys.map((token) => `\`${keyName(token)}\``.replace("|", "\\|")).join(" ");
}
