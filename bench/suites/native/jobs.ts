import { spawnSync } from "node:child_process";

import type { Fact } from "./trees.ts";

/** A piece of real work, done on the disk and on a journal. */
export interface Job {
  readonly name: string;
  /** The programs that it needs. */
  readonly needs: readonly string[];
  /** A script of the shell; what it prints must be the same on both sides. `$SOURCE` is the repository that was given. */
  readonly script: string;
  readonly facts: readonly Fact[];
  /** Paths that programs write differently each time. */
  readonly except?: RegExp;
  /** Says what is wrong with the folder as it was at some moment of the work; undefined if nothing is. */
  readonly judge?: (folder: string) => string | undefined;
  /** Number of moments that are judged. */
  readonly moments?: number;
}

const all: readonly Fact[] = ["bytes", "modes", "links", "times"];
const withoutTimes: readonly Fact[] = ["bytes", "modes", "links"];

export const jobs: readonly Job[] = [
  {
    name: "tar unpacks an archive",
    needs: ["git", "tar"],
    script: `git -C "$SOURCE" archive --format=tar HEAD | tar -x`,
    facts: all,
  },
  {
    name: "rsync copies, and deletes what is gone",
    needs: ["git", "tar", "rsync"],
    script: `
      mkdir from to; git -C "$SOURCE" archive --format=tar HEAD | tar -x -C from
      ln "$(find from -type f | sort | head -1)" from/another-name
      rsync -aH from/ to/
      find from -type f | sort | tail -3 | xargs rm
      echo more >from/another-name; find from -exec touch -h -d 2020-01-01 {} +
      rsync -aH --delete from/ to/`,
    facts: all,
  },
  {
    name: "git clones, commits and packs",
    needs: ["git"],
    script: `
      export GIT_AUTHOR_DATE='2020-01-01T00:00:00Z' GIT_COMMITTER_DATE='2020-01-01T00:00:00Z'
      export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0='*'
      git clone -q --no-hardlinks "$SOURCE" clone; cd clone
      git config user.name suite; git config user.email suite@example.invalid
      echo more >>"$(git ls-files | head -1)"; git commit -qam more; git mv "$(git ls-files | tail -1)" moved
      git commit -qm moved; git gc -q --prune=now; git fsck --no-progress; git status --short
      git rev-parse HEAD; git count-objects -v | grep in-pack`,
    facts: withoutTimes,
    except: /(?:^|\/)\.git\/(?:index|logs|objects)/,
    judge: (folder) =>
      problemOf(
        folder,
        `export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0='*'
        git -C clone rev-parse --git-dir >/dev/null 2>&1 || exit 0; git -C clone fsck --no-progress --no-dangling`,
      ),
    moments: 20,
  },
  {
    name: "make and cc build",
    needs: ["make", "cc"],
    script: `
      for i in $(seq 40); do echo "int f$i(void) { return $i; }" >f$i.c; done
      echo 'int f1(void); int main(void) { return f1() - 1; }' >main.c
      { printf 'main: main.o'; for i in $(seq 40); do printf ' f%s.o' $i; done; printf '\\n\\tcc -o $@ $^\\n'; } >Makefile
      make -s -j2; ./main; touch f7.c; make; make`,
    facts: withoutTimes,
  },
  {
    name: "editors save",
    needs: ["ex", "vim"],
    script: `
      printf 'one\\ntwo\\n' >a; chmod 640 a; cp -p a b; ln b c; ln -s a d
      ex -s -c '%s/one/ONE/' -c wq a; vim -u NONE -es -c '%s/two/TWO/' -c wq b
      vim -u NONE -es -c 'set backup backupcopy=no' -c '%s/o/0/g' -c wq d; cat a b c d`,
    facts: withoutTimes,
  },
  {
    name: "pip installs into a virtual environment",
    needs: ["/usr/bin/python3"],
    script: `
      /usr/bin/python3 -m venv venv
      /usr/bin/python3 - <<'END'
import zipfile
with zipfile.ZipFile("told-1.0-py3-none-any.whl", "w") as wheel:
    def put(name, text):
        wheel.writestr(zipfile.ZipInfo(name), text)
    put("told.py", "def main():\\n    print('told')\\n")
    put("told-1.0.dist-info/METADATA", "Metadata-Version: 2.1\\nName: told\\nVersion: 1.0\\n")
    put("told-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\\nGenerator: suite\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
    put("told-1.0.dist-info/entry_points.txt", "[console_scripts]\\ntold = told:main\\n")
    put("told-1.0.dist-info/RECORD", "")
END
      venv/bin/pip install -q --no-index --disable-pip-version-check ./told-1.0-py3-none-any.whl; venv/bin/told`,
    facts: withoutTimes,
    except: /__pycache__/,
  },
  {
    name: "SQLite in WAL mode, written by four processes",
    needs: ["/usr/bin/python3"],
    script: `
      cat >work.py <<'END'
import sqlite3, sys
db = sqlite3.connect("test.db", timeout=600, isolation_level=None)
for i in range(100):
    db.execute("BEGIN IMMEDIATE")
    db.execute("INSERT INTO t(who, text) VALUES (?, ?)", (sys.argv[1], "x" * (i * 37 % 3000)))
    db.execute("UPDATE sums SET n = n + 1")
    db.execute("COMMIT")
    if i % 40 == 39: db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
END
      /usr/bin/python3 -c 'import sqlite3
db = sqlite3.connect("test.db"); db.execute("PRAGMA journal_mode=WAL")
db.executescript("CREATE TABLE t(id INTEGER PRIMARY KEY, who, text); CREATE TABLE sums(n); INSERT INTO sums VALUES (0)")'
      for i in 1 2 3 4; do /usr/bin/python3 work.py $i & done; wait
      /usr/bin/python3 -c 'import sqlite3
db = sqlite3.connect("test.db")
print(db.execute("PRAGMA integrity_check").fetchall(), db.execute("SELECT count(*), sum(length(text)) FROM t").fetchall(), db.execute("SELECT n FROM sums").fetchall())'`,
    facts: ["modes"],
    judge: (folder) =>
      problemOf(
        folder,
        `[ -s test.db ] || exit 0; /usr/bin/python3 -c 'import sqlite3
db = sqlite3.connect("test.db")
assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
if db.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0] == 2 and db.execute("SELECT count(*) FROM sums").fetchone()[0] == 1:
    assert db.execute("SELECT count(*) FROM t").fetchone() == db.execute("SELECT n FROM sums").fetchone()'`,
      ),
    moments: 20,
  },
  {
    name: "PostgreSQL makes a cluster, and pgbench works on it",
    needs: ["pgbench", "an ordinary user"],
    script: `
      PATH=$(ls -d /usr/lib/postgresql/*/bin | tail -1):$PATH
      initdb -D data -A trust -k >/dev/null
      pg_ctl -D data -w -s -o "-k /tmp -p 54329 -c listen_addresses=''" -l log start
      trap 'pg_ctl -D data -s -m fast stop' EXIT
      pgbench -h /tmp -p 54329 -i -q postgres 2>/dev/null
      pgbench -h /tmp -p 54329 -n -c 4 -t 50 postgres | grep processed
      psql -h /tmp -p 54329 -At postgres -c 'SELECT sum(abalance) = (SELECT sum(delta) FROM pgbench_history) FROM pgbench_accounts'
      pg_ctl -D data -s -m fast stop; trap - EXIT; pg_checksums --check -D data | grep -i 'bad checksums'`,
    facts: [],
    except: /./,
    judge: (folder) =>
      problemOf(
        folder,
        `[ -f data/postmaster.pid ] && [ -s data/global/pg_control ] && grep -q 'ready to accept' log || exit 0
        PATH=$(ls -d /usr/lib/postgresql/*/bin | tail -1):$PATH; rm data/postmaster.pid; chmod 700 data
        pg_ctl -D data -w -s -o "-k /tmp -p 54330 -c listen_addresses=''" -l again start
        psql -h /tmp -p 54330 -At postgres -c 'SELECT 1' >/dev/null; pg_ctl -D data -s -m fast stop`,
      ),
    moments: 4,
  },
];

/** Returns which of the programs that a job needs is not here. */
export function missing({ needs }: Job): string | undefined {
  return needs.find((name) =>
    name === "an ordinary user"
      ? process.getuid?.() === 0
      : spawnSync("sh", ["-c", 'command -v "$1"', "sh", name], { stdio: "ignore" }).status !== 0,
  );
}

/** Runs a script that must succeed in a folder; returns what it printed if it does not. */
function problemOf(folder: string, script: string): string | undefined {
  const { status, stdout, stderr } = spawnSync("/bin/sh", ["-euc", script], {
    cwd: folder,
    encoding: "utf8",
  });
  return status === 0 ? undefined : `exit ${status}: ${(stderr || stdout).trim().slice(0, 400)}`;
}
