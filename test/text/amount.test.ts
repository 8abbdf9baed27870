import { describe, expect, it } from "vitest";

import {
  colorsFor,
  counted,
  describeBytes,
  formatBytes,
  formatCount,
  formatDuration,
  formatInstant,
  line,
  painter,
  parseBytes,
  parseDuration,
  printable,
} from "../../src/text/index.ts";

describe("amounts for people", () => {
  it("writes sizes in powers of 1024, never as 1024 of a smaller unit", () => {
    const sizes = [0, 812, 1023, 1024, 4096, 65_536, 102_400, 1_048_063, 1_048_575, 1_258_291];
    expect(sizes.map(formatBytes)).toEqual([
      "0",
      "812",
      "1023",
      "1.0K",
      "4.0K",
      "64.0K",
      "100K",
      "1023K",
      "1.0M",
      "1.2M",
    ]);
  });

  it("writes sizes so that they can stand in a sentence", () => {
    expect([1, 812, 4096].map(describeBytes)).toEqual(["1 byte", "812 bytes", "4.0KiB"]);
  });

  it("writes counts with their thousands apart", () => {
    expect([0, 999, 1000, 412_907, 1_000_000].map(formatCount)).toEqual([
      "0",
      "999",
      "1,000",
      "412,907",
      "1,000,000",
    ]);
    expect(counted(1, "event")).toBe("1 event");
    expect(counted(0, "entry", "entries")).toBe("0 entries");
  });

  it("writes spans of time", () => {
    const spans = [850_000n, 12_400_000n, 3_440_000_000n, 303n * 10n ** 9n, 7_860n * 10n ** 9n];
    expect(spans.map(formatDuration)).toEqual(["850 µs", "12 ms", "3.4 s", "5m 03s", "2h 11m"]);
  });
});

describe("moments", () => {
  it("keep their nanoseconds, before the epoch too", () => {
    expect(formatInstant(1_795_500_000_123_456_789n)).toBe("2026-11-24T06:00:00.123456789Z");
    expect(formatInstant(-1n)).toBe("1969-12-31T23:59:59.999999999Z");
    expect(formatInstant(2n ** 63n - 1n)).toBe("2262-04-11T23:47:16.854775807Z");
  });
});

describe("parsing", () => {
  it("takes sizes with and without units", () => {
    expect(["4096", "64K", "256MiB", "1.5G", "10MB", "1 kib"].map(parseBytes)).toEqual([
      4096, 65_536, 268_435_456, 1_610_612_736, 10_000_000, 1024,
    ]);
    expect(["", "-1", "x", "1Q", "1e3", "99999999T"].map(parseBytes)).toEqual(
      Array(6).fill(undefined),
    );
  });

  it("takes spans of time", () => {
    expect(["30", "0.5", "500ms", "5m", "1h30m", "2d"].map(parseDuration)).toEqual([
      30, 0.5, 0.5, 300, 5_400, 172_800,
    ]);
    expect(["", "-5", "5x", "m", "5m30"].map(parseDuration)).toEqual(Array(5).fill(undefined));
  });
});

describe("colours", () => {
  it("are for terminals, unless the environment decides otherwise", () => {
    expect(colorsFor(true, {})).toBe("on");
    expect(colorsFor(false, {})).toBe("off");
    expect(colorsFor(true, { NO_COLOR: "1" })).toBe("off");
    expect(colorsFor(true, { NO_COLOR: "" })).toBe("on");
    expect(colorsFor(true, { TERM: "dumb" })).toBe("off");
    expect(colorsFor(false, { FORCE_COLOR: "1" })).toBe("on");
    expect(colorsFor(true, { FORCE_COLOR: "0" })).toBe("off");
  });

  it("go around text, and leave it alone where there are none", () => {
    expect(painter("on")("added", printable("a"))).toBe("\x1b[32ma\x1b[0m");
    expect(painter("off")("added", printable("a"))).toBe("a");
    expect(line`${printable("a")} ${1}`).toBe("a 1");
  });
});
