import { JsonLogsSerializer } from "@opentelemetry/otlp-transformer";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { dsse } from "@sigstore/core";
import { Envelope } from "@sigstore/protobuf-specs";
import { createHash, createPublicKey, generateKeyPairSync, verify } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { checkFileActivity } from "../support/ocsf.ts";
import { rewindfs, shown } from "../support/screen/command.ts";
import { guest } from "./steady.ts";
import { recordSample } from "./sample.ts";

const folder = mkdtempSync(join(tmpdir(), "rewindfs-evidence-"));
const { privateKey, publicKey } = generateKeyPairSync("ed25519");
const see = (...args: string[]) => shown(rewindfs(folder, args));

/** Returns the objects that `log --format` prints. */
function lines(...args: string[]): Record<string, unknown>[] {
  const { stdout } = rewindfs(folder, ["log", ...args]);
  return stdout
    .trimEnd()
    .split("\n")
    .map((text) => JSON.parse(text));
}

beforeAll(() => {
  recordSample(folder);
  writeFileSync(join(folder, "key.pem"), privateKey.export({ type: "pkcs8", format: "pem" }));
});
afterAll(() => rmSync(folder, { recursive: true }));

it("a key is read from a file of a key's size alone", () => {
  writeFileSync(join(folder, "large.pem"), "x".repeat(64 * 1024 + 1));
  for (const file of ["large.pem", "/dev/zero"])
    expect(see("sign", file)).toContain(`sign ${file}: it has more than 65536 bytes`);
});

describe("a statement", () => {
  /** Checks an envelope with others' code, and returns its statement. */
  function opened(file: string): {
    readonly subject: readonly { readonly name: string; readonly digest: Record<string, string> }[];
    readonly [field: string]: unknown;
  } {
    const envelope = Envelope.fromJSON(JSON.parse(readFileSync(join(folder, file), "utf8")));
    const [signature] = envelope.signatures;
    expect(envelope.payloadType).toBe("application/vnd.in-toto+json");
    const signed = dsse.preAuthEncoding(envelope.payloadType, envelope.payload);
    expect(verify(null, signed, publicKey, signature?.sig ?? Buffer.alloc(0))).toBe(true);
    const der = createPublicKey(publicKey.export({ type: "spki", format: "pem" })).export({
      type: "spki",
      format: "der",
    });
    expect(signature?.keyid).toBe(createHash("sha256").update(der).digest("hex"));
    return JSON.parse(envelope.payload.toString());
  }

  it("tells of a run: what it left, what it was, and the head of the journal", () => {
    const said = JSON.parse(
      rewindfs(folder, ["sign", "key.pem", "--json", "--statement", "two.json"]).stdout,
    );
    const { subject, ...statement } = opened("two.json");
    const id = /urn:rewindfs:([0-9a-f]{32})/.exec(JSON.stringify(statement))?.[1];
    expect(subject).toEqual([
      { name: "/data/a.txt", digest: { sha256: sha256("one\nTWO\nthree\nfour\n") } },
      {
        name: "/data/bigger.bin",
        digest: { sha256: sha256(Buffer.alloc(100)) },
      },
      { name: `urn:rewindfs:${id}:${said.seq}`, digest: { rewindfsHead: said.digest } },
    ]);
    const shape = JSON.stringify({ ...statement }, null, 1).replaceAll(id ?? "", "ID");
    expect(shape.replace(/"limits": \{[^}]*\}/, '"limits": {}').replace(/\/v\/[^"]*/, "/v/VERSION"))
      .toMatchInlineSnapshot(`
      "{
       "_type": "https://in-toto.io/Statement/v1",
       "predicateType": "https://in-toto.io/attestation/runtime-trace/v0.2",
       "predicate": {
        "monitor": {
         "type": "https://www.npmjs.com/package/rewindfs/v/VERSION",
         "tracePolicy": {
          "limits": {}
         }
        },
        "monitoredProcess": {
         "hostID": "urn:rewindfs:ID",
         "type": "https://www.npmjs.com/package/rewindfs#guest",
         "event": "urn:rewindfs:ID:run:2"
        },
        "monitorLog": {
         "process": [
          {
           "guest": "python",
           "args": [
            "report.py"
           ],
           "environment": [],
           "events": {
            "first": 14,
            "last": 19
           },
           "exit": 3
          }
         ],
         "fileAccess": [
          {
           "name": "/data/a.txt",
           "digest": {
            "sha256": "db09dd9295b3d583abcd166e2077620f8c0dd7b154dd4b8b98a53fe3eb7ce6d1"
           },
           "annotations": {
            "change": "modified"
           }
          },
          {
           "name": "/data/bigger.bin",
           "digest": {
            "sha256": "cd00e292c5970d3c5e2f0ffa5171e555bc46bfc4faddfb4a418b6840b86e79a3"
           },
           "annotations": {
            "change": "renamed",
            "from": "/data/big.bin"
           }
          },
          {
           "name": "/data/link",
           "uri": "file:///data/link",
           "annotations": {
            "change": "removed"
           }
          }
         ]
        },
        "metadata": {
         "buildStartedOn": "2026-11-24T06:00:00.015000000Z",
         "buildFinishedOn": "2026-11-24T06:00:00.020000000Z"
        }
       }
      }"
    `);
  });

  it("is made of another run, and only of one that is there", () => {
    rewindfs(folder, ["sign", "key.pem", "-r", "1", "--statement", "one.json"]);
    expect(opened("one.json").subject.map(({ name }) => name)).toContain("/data/big.bin");
    expect(see("sign", "key.pem", "-r", "9", "--statement", "nine.json")).toContain("--- exit 2");
    expect(see("sign", "key.pem", "-r", "1")).toContain("give --statement FILE");
    expect(see("sign", "key.pem", "--statement", "one.json")).toContain("is there already");
    expect(see("sign", "key.pem", "--statement", "rewind.db-tail")).toContain("the journal");
    expect(existsSync(join(folder, "nine.json"))).toBe(false);
  });

  it("is written by a run that is signed", () => {
    const run = (...args: string[]) => see("-j", "run.db", "run", ...args, guest, "truncate");
    expect(run("--sign", "key.pem", "--statement", "run.json")).toContain(
      "wrote run.json: a signed statement about run 1",
    );
    expect(opened("run.json").subject.length).toBeGreaterThan(1);
    expect(run("--statement", "unsigned.json")).toContain("give --sign KEY.pem");
    expect(run("--sign", "key.pem", "--statement", "run.json")).toContain("is there already");
    expect(rewindfs(folder, ["-j", "run.db", "runs", "--json"]).stdout.split("\n")).toHaveLength(2);
  });
});

describe("log --format ocsf", () => {
  it("has the attributes of the published class, and no others", () => {
    const events = lines("--format", "ocsf");
    expect(events.length).toBeGreaterThan(10);
    for (const event of events) {
      checkFileActivity(event);
      expect(event["type_uid"]).toBe(100_100 + Number(event["activity_id"]));
      expect([0, 1, 2, 3, 4, 5, 6, 7, 8, 14, 99]).toContain(event["activity_id"]);
      expect(Number.isSafeInteger(event["time"])).toBe(true);
    }
  });

  it("tells operations, refusals and both names of a rename", () => {
    const told = lines("--format", "ocsf").map(
      ({ activity_name: activity, status_id: status, file, file_result: to }) =>
        [activity, status, Reflect.get(Object(file), "path"), Reflect.get(Object(to), "path")]
          .filter((part) => part !== undefined)
          .join(" "),
    );
    expect([...new Set(told)]).toMatchInlineSnapshot(`
      [
        "Create 1 /data",
        "Create 1 /data/a.txt",
        "Update 1 /data/a.txt",
        "Create 1 /data/big.bin",
        "Update 1 /data/big.bin",
        "Create 1 /data/link",
        "Open 2 ../etc/passwd",
        "Rename 1 /data/big.bin /data/bigger.bin",
        "Update 1 /data/bigger.bin",
        "Delete 1 /data/link",
      ]
    `);
    const [refused] = lines("--format", "ocsf", "--op", "refused");
    expect(refused).toMatchObject({
      activity_name: "Open",
      action_id: 2,
      disposition_id: 2,
      severity_id: 3,
      status_code: "not-permitted",
    });
  });
});

describe("log --format otlp", () => {
  it("is what OpenTelemetry's own code makes of the same records", () => {
    for (const line of lines("--format", "otlp")) {
      const { resource, scopeLogs } = first(Reflect.get(line, "resourceLogs"));
      const { scope, logRecords } = first(scopeLogs);
      const record = first(logRecords);
      const nanoseconds = BigInt(record["timeUnixNano"]);
      const time: [number, number] = [
        Number(nanoseconds / 1_000_000_000n),
        Number(nanoseconds % 1_000_000_000n),
      ];
      const bytes = JsonLogsSerializer.serializeRequest([
        {
          hrTime: time,
          hrTimeObserved: time,
          severityNumber: record["severityNumber"],
          severityText: record["severityText"],
          eventName: record["eventName"],
          body: record["body"].stringValue,
          attributes: plain(record["attributes"]),
          resource: resourceFromAttributes(plain(resource.attributes)),
          instrumentationScope: scope,
          droppedAttributesCount: 0,
        },
      ]);
      const theirs = JSON.parse(new TextDecoder().decode(bytes), (key, value: unknown) => {
        if (key === "droppedAttributesCount") return undefined;
        return key === "intValue" ? String(value) : value;
      });
      expect(line).toEqual(theirs);
    }
  });

  it("warns of refusals, and names the run's command", () => {
    const [line] = lines("--format", "otlp", "--op", "refused");
    const { logRecords } = first(first(line?.["resourceLogs"]).scopeLogs);
    expect(first(logRecords)).toMatchObject({ severityText: "WARN", eventName: "rewindfs.fail" });
    expect(plain(first(logRecords)["attributes"])).toMatchObject({
      "file.path": "../etc/passwd",
      "error.type": "not-permitted",
      "process.command_line": "app.wasm --name a b",
    });
  });

  // Reads parsed JSON, whose shape nothing has checked; a wrong one fails the test.
  // oxlint-disable-next-line no-explicit-any
  function first(list: any): any {
    return list[0];
  }

  // oxlint-disable-next-line no-explicit-any
  function plain(attributes: any): Record<string, any> {
    // oxlint-disable-next-line no-explicit-any
    const valueOf = (value: any): any =>
      value.stringValue ??
      value.boolValue ??
      (value.intValue === undefined
        ? value.arrayValue.values.map(valueOf)
        : Number(value.intValue));
    return Object.fromEntries(
      // oxlint-disable-next-line no-explicit-any
      attributes.map(({ key, value }: any) => [key, valueOf(value)]),
    );
  }
});

it("a format goes with no other form, and is one that there is", () => {
  expect(see("log", "--format", "xml")).toContain("there is json, ocsf and otlp");
  expect(see("log", "--format", "ocsf", "--json")).toContain("--- exit 2");
  expect(see("log", "--format", "ocsf", "--patch")).toContain("--- exit 2");
  expect(see("log", "--format", "json", "-n", "2")).toBe(see("log", "--json", "-n", "2"));
});

function sha256(bytes: string | Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
