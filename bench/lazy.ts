import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { type Part, number } from "./measure/bench.ts";
import { median, timeOf } from "./measure/statistics.ts";

const program = new URL("../dist/main.js", import.meta.url).pathname;

/** The start of a run on a large folder that is listed, beside what git needs to look through the same folder. */
export const part: Part = {
  title: "A large folder, listed: milliseconds",

  async run(bench) {
    if (!existsSync(program)) {
      bench.say("Not measured: dist/ is not there. `npm run build` makes it.");
      return;
    }
    const rounds = bench.amount(5, 1);
    const files = bench.amount(100_000, 20_000);
    const times = await bench.within((folder) => {
      const host = join(folder, "host");
      bench.progress(`lazy: ${files} files`);
      fill(host, files);
      const git = { ...process.env, GIT_DIR: join(folder, "git"), GIT_WORK_TREE: host };
      for (const args of [["init", "-q"], ["add", "-A"], ["status"]])
        spawnSync("git", args, { cwd: host, env: git });
      const found = {
        git: [] as number[],
        bare: [] as number[],
        listed: [] as number[],
        again: [] as number[],
        status: [] as number[],
        apply: [] as number[],
      };
      for (let round = 0; round < rounds; round += 1) {
        bench.progress(`lazy: round ${round + 1} of ${rounds}`);
        const start = (name: string, dir: readonly string[]) =>
          timeOf(() => run(join(folder, `${name}-${round}.db`), dir));
        found.git.push(timeOf(() => spawnSync("git", ["status"], { cwd: host, env: git })));
        found.bare.push(start("bare", []));
        const lazy = ["--lazy", "--all", "--dir", `${host}::/src`];
        found.listed.push(start("listed", lazy));
        found.again.push(start("listed", lazy));
        const journal = join(folder, `listed-${round}.db`);
        const change = "open('/src/d0/e0/file-1.txt', 'a').write('more')";
        command("run", "-q", "-j", journal, ...lazy, "python", "-c", change);
        found.status.push(timeOf(() => command("-j", journal, "status")));
        found.apply.push(timeOf(() => command("-j", journal, "apply", "--dry-run", host)));
      }
      return {
        git: median(found.git),
        bare: median(found.bare),
        listed: median(found.listed),
        again: median(found.again),
        status: median(found.status),
        apply: median(found.apply),
      };
    });
    bench.table(
      ["", "ms"],
      [
        ["git status", number(times.git)],
        ["rewindfs run python -c pass", number(times.bare)],
        ["the same with --lazy --dir", number(times.listed)],
        ["the same again, the folder unchanged", number(times.again)],
        ["rewindfs status, after a run that changed a file", number(times.status)],
        ["rewindfs apply --dry-run, likewise", number(times.apply)],
      ],
    );
    bench.say();
    bench.say(`${files} files, 100 in a directory. Medians of ${rounds} rounds.`);
    bench.bar({
      what: "--lazy --dir, less a run without it, against git status",
      measured: (times.listed - times.bare) / times.git,
      bound: { atMost: 1.5 },
      unit: "times",
    });
    bench.bar({
      what: "the same again, against the first time",
      measured: times.again / times.listed,
      bound: { atMost: 1.3 },
      unit: "times",
    });
  },
};

function run(journal: string, dir: readonly string[]): void {
  command("run", "-q", "-j", journal, ...dir, "python", "-c", "pass");
}

function command(...args: readonly string[]): void {
  const { status, stderr } = spawnSync(process.execPath, [program, ...args], { encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
}

function fill(folder: string, files: number): void {
  for (let index = 0; index < files; index += 1) {
    const directory = join(folder, `d${Math.floor(index / 2_000)}`, `e${Math.floor(index / 100)}`);
    if (index % 100 === 0) mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, `file-${index}.txt`), `file ${index}\n`);
  }
}
