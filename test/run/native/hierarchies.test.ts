import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

import { groupsOf } from "../../../src/run/native/limits/hierarchies.ts";
import { withTemporary } from "../../support/temporary.ts";

/** One line of proc_pid_mountinfo(5). */
const mount = (root: string, point: string, type: string, options: string) =>
  `31 23 0:28 ${root} ${point} rw,relatime shared:9 - ${type} ${type} ${options}`;

test("in version 2 a group is made beside that of this process, for what its parent lets it hold", () =>
  withTemporary((point) => {
    mkdirSync(join(point, "user", "app"), { recursive: true });
    writeFileSync(join(point, "user", "cgroup.subtree_control"), "cpu memory pids\n");
    const unified = mount("/", point, "cgroup2", "rw,nsdelegate");
    expect(groupsOf(unified, "0::/user/app\n")).toEqual([
      { parent: join(point, "user"), resources: ["memory", "processes"], version: 2 },
    ]);
    // The uppermost group may hold processes and other groups.
    writeFileSync(join(point, "cgroup.subtree_control"), "pids\n");
    expect(groupsOf(unified, "0::/\n")).toEqual([
      { parent: point, resources: ["processes"], version: 2 },
    ]);
  }));

test("in version 1 each resource has a hierarchy of its own, of which a mount may show a part", () => {
  const mounts = [
    mount("/", "/sys/fs/cgroup/cpu", "cgroup", "rw,cpu,cpuacct"),
    mount("/docker/1", "/sys/fs/cgroup/memory", "cgroup", "rw,memory"),
    mount("/", "/sys/fs/cgroup/pids", "cgroup", "rw,pids"),
  ].join("\n");
  const own = "8:pids:/jobs\n4:memory:/docker/1/job\n3:cpu,cpuacct:/\n0::/\n";
  expect(groupsOf(mounts, own)).toEqual([
    { parent: "/sys/fs/cgroup/memory/job", resources: ["memory"], version: 1 },
    { parent: "/sys/fs/cgroup/pids/jobs", resources: ["processes"], version: 1 },
  ]);
});

test("what a mount does not show, or leads out of it, is no place for a group", () => {
  const memory = mount("/docker/1", "/sys/fs/cgroup/memory", "cgroup", "rw,memory");
  expect(groupsOf(memory, "4:memory:/docker/2\n")).toEqual([]);
  expect(groupsOf(memory, "4:memory:/docker/1/../../x\n")).toEqual([]);
  expect(groupsOf("", "")).toEqual([]);
});
