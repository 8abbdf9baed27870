import { expect } from "vitest";

/** The attributes of File System Activity, its base classes and objects, as schema.ocsf.io has them for 1.3.0. */
const attributes = {
  event: {
    required:
      "activity_id actor category_uid class_uid device file metadata severity_id time type_uid",
    optional:
      "action_id activity_name category_name class_name count disposition_id file_result message status_code status_detail status_id unmapped",
  },
  actor: { required: "", optional: "app_name process" },
  process: { required: "", optional: "cmd_line created_time file name parent_process pid uid" },
  device: { required: "type_id", optional: "name type uid" },
  file: { required: "name type_id", optional: "path size uid" },
  metadata: {
    required: "product version",
    optional: "log_name original_time profiles sequence uid",
  },
  product: { required: "vendor_name", optional: "name version" },
} as const;

type Kind = keyof typeof attributes;

/** The kinds of the objects that an attribute holds. */
const kinds: ReadonlyMap<string, Kind> = new Map([
  ["actor", "actor"],
  ["process", "process"],
  ["parent_process", "process"],
  ["device", "device"],
  ["file", "file"],
  ["file_result", "file"],
  ["metadata", "metadata"],
  ["product", "product"],
]);

/** Checks that an event, and each object in it, has the attributes of the published class, and no others. */
export function checkFileActivity(event: unknown): void {
  check(event, "event");
}

function check(value: unknown, kind: Kind): void {
  const entries = Object.entries(Object(value));
  const keys = entries.map(([key]) => key);
  const { required, optional } = attributes[kind];
  const needed = required.split(" ").filter(Boolean);
  expect(needed.filter((name) => !keys.includes(name))).toEqual([]);
  const known = [...needed, ...optional.split(" ")];
  expect(keys.filter((name) => !known.includes(name))).toEqual([]);
  // The schema asks for at least one of the two.
  if (kind === "process") expect(keys.includes("pid") || keys.includes("uid")).toBe(true);
  for (const [key, inner] of entries) {
    const of = kinds.get(key);
    if (of !== undefined) check(inner, of);
  }
}
