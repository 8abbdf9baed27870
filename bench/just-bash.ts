import { join } from "node:path";

import { Bash, InMemoryFs } from "just-bash";
import { type Part, number } from "./measure/bench.ts";
import { liveBashFs } from "../src/just-bash/index.ts";
import { openFileSystem } from "../src/index.ts";
import { median } from "./measure/statistics.ts";

/** A turn of an agent in a shell: files made, searched, changed, copied, moved and removed. */
const turn = [
  'mkdir -p src/deep/er && for i in $(seq 40); do echo "line $i of a file" > src/f$i.txt; done',
  "for i in $(seq 40); do sed -i s/line/LINE/ src/f$i.txt; done",
  "cat src/*.txt | sort | uniq -c | tail -3",
  "grep -rl 'LINE 7' src | head; find src -name '*.txt' | wc -l",
  "cp -r src copy && mv copy/f1.txt copy/first.txt && rm -r copy",
  "for i in $(seq 200); do echo $i >> log.txt; done; wc -l log.txt",
];

export const part: Part = {
  title: "just-bash: a turn in a shell, milliseconds of processor time",

  async run(bench) {
    const rounds = bench.amount(9, 2);
    const times = { memory: [] as number[], journal: [] as number[] };
    for (let round = 0; round < rounds; round += 1) {
      bench.progress(`just-bash: round ${round + 1} of ${rounds}`);
      times.memory.push(await turnOn(new Bash({ fs: new InMemoryFs(), cwd: "/" })));
      await bench.within(async (folder) => {
        using files = openFileSystem(join(folder, "shell.db"));
        const bash = files.run("start", () => new Bash({ fs: liveBashFs(files), cwd: "/" }));
        times.journal.push(await turnOn(bash, (name, act) => files.run(name, act)));
      });
    }
    // The first ones warm the compiler up.
    const [memory, journal] = [times.memory, times.journal].map((all) => median(all.slice(1)));
    const ratio = (journal ?? 0) / (memory ?? 1);
    bench.table(
      ["", "InMemoryFs", "rewindfs/just-bash", "ratio"],
      [["a turn", number(memory ?? 0), number(journal ?? 0), number(ratio)]],
    );
    bench.say();
    bench.bar({
      what: "a turn in just-bash, beside InMemoryFs",
      measured: ratio,
      unit: "times",
      bound: { atMost: 2 },
    });
  },
};

async function turnOn(
  bash: Bash,
  run: (name: string, act: () => Promise<unknown>) => Promise<unknown> = (_, act) => act(),
): Promise<number> {
  const before = process.cpuUsage();
  for (const line of turn) await run(line, () => bash.exec(line));
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}
