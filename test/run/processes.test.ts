import { spawn } from "node:child_process";
import { once } from "node:events";

import { expect, test } from "vitest";

import { wordsToKeep } from "../../src/run/native/command-words.ts";
import { type NewProcess, Processes } from "../../src/run/native/processes.ts";

test("a process is told of once, after the one that started it, by what the system says of it", () => {
  const told: NewProcess[] = [];
  const processes = new Processes((process) => void told.push(process), process.ppid);
  expect(processes.of(process.pid)).toBe(1);
  expect(processes.of(process.pid)).toBe(1);
  expect(told).toMatchObject([{ number: 1, pid: process.pid, executable: process.execPath }]);
  expect(told[0]?.args.length).toBeGreaterThan(0);
  const started = Number((told[0]?.started ?? 0n) / 1_000_000_000n);
  expect(Math.abs(Date.now() / 1_000 - process.uptime() - started)).toBeLessThan(10);
});

test("a process that is gone has a number and no command, and one that cannot be told of has no number", () => {
  const told: NewProcess[] = [];
  const processes = new Processes((process) => void told.push(process));
  const gone = 2 ** 22 + 1;
  expect(processes.of(gone)).toBe(1);
  expect(told).toEqual([{ number: 1, pid: gone, args: [] }]);
  expect(processes.of(0)).toBeUndefined();
  const refusing = new Processes(() => {
    throw new Error("full");
  });
  expect(refusing.of(gone)).toBeUndefined();
});

test("of a program that gives itself a title the title is kept, and no empty arguments", async () => {
  const script = "process.title = 'npm run x'; console.log('ready'); setInterval(() => {}, 1e6)";
  const program = spawn(process.execPath, ["-e", script, "one", "two"]);
  try {
    await once(program.stdout, "data");
    const told: NewProcess[] = [];
    new Processes((one) => void told.push(one), process.pid).of(program.pid ?? 0);
    expect(told).toMatchObject([{ pid: program.pid, args: ["npm run x"] }]);
  } finally {
    program.kill();
  }
});

test.each([
  ["curl --token abcdef -o out", "curl --token [masked] -o out"],
  ["env GITHUB_TOKEN=x make", "env GITHUB_TOKEN=[masked] make"],
  ["tool --password=x --user me", "tool --password=[masked] --user me"],
  ["git clone https://me:pw@host/repo", "git clone https://me:[masked]@host/repo"],
  ["x ghp_abcdefghijklmnop1234", "x [masked]"],
  ["mysql -u root -pabc db", "mysql -u root -p[masked] db"],
  ["sudo sshpass -p abc ssh me@host", "sudo sshpass -p [masked] ssh me@host"],
  ["docker login -u me -p abc", "docker login -u me -p [masked]"],
  ["docker run -p 80:80 -u me:me x", "docker run -p 80:80 -u me:me x"],
  ["curl -u me:abc -s --user me:abc", "curl -u me:[masked] -s --user me:[masked]"],
  ["redis-cli -a abc ping", "redis-cli -a [masked] ping"],
  ["git clone https://me:p@w@host/repo", "git clone https://me:[masked]@host/repo"],
  ["git clone https://abcdefghijklmnop1234@host/x", "git clone https://[masked]@host/x"],
  ["npm i http://localhost:4873/@scope/x", "npm i http://localhost:4873/@scope/x"],
  ["curl https://host/?a=b&api_key=x&c=d", "curl https://host/?a=b&api_key=[masked]&c=d"],
  ['curl -d {"password":"x","a":1}', 'curl -d {"password":[masked],"a":1}'],
  ["npm config set //host/:_authToken x", "npm config set //host/:_authToken [masked]"],
  ["git commit --author=me -m x", "git commit --author=me -m x"],
  ["env PWD=/src DB_PWD=x pwd", "env PWD=/src DB_PWD=[masked] pwd"],
  ["x sk_live_abcdefghij1234", "x [masked]"],
  ["gcc -pipe -pthread -c a.c", "gcc -pipe -pthread -c a.c"],
  ["make test", "make test"],
  ["grep --password -v", "grep --password -v"],
])("what looks like a secret in a command line is masked: %s", (line, kept) => {
  expect(wordsToKeep(line.split(" ")).join(" ")).toBe(kept);
});

test("secrets in a line for a shell are masked, and a long command line is cut", () => {
  expect(wordsToKeep(["sh", "-c", "curl --api-key abc123; echo 'Bearer abcdefgh'"])).toEqual([
    "sh",
    "-c",
    "curl --api-key [masked]; echo 'Bearer [masked]'",
  ]);
  const line = `export TOKEN='a b'; cd x && curl -u me:abc -H "X-Api-Key: abc" | mysql -pabc; echo "-pabc"`;
  expect(wordsToKeep(["sh", "-c", line]).at(-1)).toBe(
    `export TOKEN=[masked]; cd x && curl -u me:[masked] -H "X-Api-Key: [masked]" | mysql -p[masked]; echo "-pabc"`,
  );
  const file = String.raw`echo "secret_key = \"a b\"" >k; printf 'token = %s' x; [ a = b ]`;
  expect(wordsToKeep(["sh", "-c", file]).at(-1)).toBe(
    `echo "secret_key = [masked]" >k; printf 'token = [masked]' x; [ a = b ]`,
  );
  const kept = wordsToKeep(Array.from({ length: 10_000 }, (_, index) => `file-${index}`));
  expect(kept.at(-1)).toBe("…");
  expect(kept.join(" ").length).toBeLessThan(4_200);
});

test.each(["eyJ-", "-token", "token", '"', "'\\", "a:", "-----BEGIN PRIVATE KEY", "//a:b"])(
  "a word that a program made long to keep us busy is not looked through: %s",
  (part) => {
    expect(wordsToKeep(["x", part.repeat(20_000)])).toEqual(["x", "…"]);
  },
);

test("processes that are gone are forgotten, and those that are there keep their numbers", () => {
  const told: NewProcess[] = [];
  const processes = new Processes((process) => void told.push(process), process.ppid);
  const own = processes.of(process.pid);
  for (let gone = 2 ** 22 + 1; told.length < 20_002; gone += 1) processes.of(gone);
  expect(processes.remembered).toBeLessThanOrEqual(10_001);
  expect(processes.of(process.pid)).toBe(own);
});
