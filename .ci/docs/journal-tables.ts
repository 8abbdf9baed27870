import type { Kind } from "../../journal/index.ts";
import type { Field } from "../../journal/format/field.ts";
import { definitions, fieldsOf } from "../../journal/format/kinds.ts";

/** Returns the table of the rows of each kind in journal/DESIGN.md. */
export function rowTable(): string {
  const rows = definitions.map(
    ([kind, { code }]) => `| ${code} | ${kind} | ${columnsText(kind)} | ${detailText(kind)} |`,
  );
  return [
    "| kind | | columns beside those | `detail` |",
    "| --- | --- | --- | --- |",
    ...rows,
  ].join("\n");
}

/** The bytes of each kind, as journal/DESIGN.md says them. Kinds of the same bytes share a line. */
export function bytesTable(): string {
  const byText = Map.groupBy(definitions, ([kind]) => bytesText(kind));
  const rows = Array.from(
    byText,
    ([text, kinds]) => `| ${kinds.map(([kind]) => kind).join(", ")} | ${text} |`,
  );
  return ["| kind | |", "| --- | --- |", ...rows].join("\n");
}

function columnsText(kind: Kind): string {
  const columns = fieldsOf(kind).flatMap(([, field]) => ("column" in field ? [field.column] : []));
  const has = (column: string) => columns.some((one) => one === column);
  const told = [
    has("path") ? [has("ino") ? "place" : "place (ino 0)"] : [],
    has("parent") ? ["parent"] : [],
    has("start") ? ["start"] : [],
    has("size") ? ["size"] : [],
    has("to-path") ? ["and a row in `moved`"] : [],
  ];
  return told.flat().join(", ");
}

function detailText(kind: Kind): string {
  return fieldsOf(kind)
    .flatMap(([name, field]) =>
      "column" in field && field.column === "detail" ? [keyText(name, field)] : [],
    )
    .join(", ");
}

function keyText(name: string, field: Field): string {
  if (!("encoding" in field) || field.presence === "said") return "";
  const { json } = field.encoding;
  const key = field.presence === "always" && field.encoding.bytes !== "byte" ? name : `${name}?`;
  return json === undefined ? `\`${key}\`` : `\`${key}\`: ${json}`;
}

function bytesText(kind: Kind): string {
  const fields = fieldsOf(kind);
  const optional = fields.filter(([, { presence }]) => presence === "optional");
  const bits = optional.map(([name], index) => `${1 << index} ${name}`).join(" + ");
  return fields
    .flatMap(([name, field]) => {
      if (field.presence === "derived") return [];
      if (field.presence === "said") return [field.encoding.bytes];
      const told = `${field.encoding.bytes} ${name}`;
      if (field.presence === "always") return [told];
      if (field.presence !== "optional")
        return [`since version ${field.presence.version}: ${told}`];
      return name === optional[0]?.[0] ? [`byte (${bits})`, told] : [told];
    })
    .join(", ");
}
