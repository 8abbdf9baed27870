import { readFileSync } from "node:fs";
import { expect } from "vitest";

import { rewindfs } from "../support/screen/command.ts";
import { withTemporary } from "../support/temporary.ts";
import { exec, script, testWithKernel } from "./support.ts";

const test = testWithKernel();
const root = new URL("../..", import.meta.url).pathname;

test("the kernel's calls do on a journal what they do on any disk", () =>
  withTemporary((folder) => {
    const program = readFileSync(new URL("calls.mjs", import.meta.url), "utf8");
    const { stdout, stderr } = exec(folder, [
      "--no-dir",
      "--show",
      root,
      "--",
      process.execPath,
      "--input-type=module",
      "--eval",
      program,
    ]);
    expect(stderr).toBe("");
    expect(JSON.parse(stdout)).toEqual({
      "unlink keeps an open file": { nlink: 0, size: 4, mode: 0o640, text: "ke" },
      "a hole takes no blocks": { size: (1 << 20) + 3, blocks: 1 },
      "append goes to the end": "abc",
      "a removed working directory is still one": { nlink: 0, names: [] },
      "links count": { file: 2, directory: 3 },
      "symlinks say what they were told": { target: "/nowhere/é", size: 11 },
      "times are kept to the nanosecond": "1500000000",
      "modes are kept": "1640",
      "a directory of thousands is listed whole": 2_000,
      "megabytes come back as they were": true,
      "rename replaces": "new",
      "rename refuses a directory into itself": "EINVAL",
      "a full directory is not removed": "ENOTEMPTY",
      "a name of 256 bytes is too long": "ENAMETOOLONG",
      "a name that is no UTF-8 comes back as it is": { isThere: true, text: "odd" },
      "sync waits": "ok",
      "the room is told": 4096,
    });
    expect(rewindfs(folder, ["verify"]).exit).toBe(0);
  }));

test("room is taken and punched, holes are found, and times are within what can be kept", () =>
  withTemporary((folder) => {
    script(folder, "printf '%010000d' 7 >f; fallocate -p -o 4096 -l 4096 f; fallocate -l 20000 f");
    const at = (path: string, ...range: string[]) =>
      rewindfs(folder, ["cat", path]).stdout.slice(...range.map(Number));
    expect(at("/f", "4095", "4097")).toBe("0\0");
    expect(at("/f", "8191", "8193")).toBe("\x000");
    expect(at("/f", "9999", "10001")).toBe("7\0");
    expect(at("/f")).toHaveLength(20_000);
    // A time before the epoch is the epoch.
    expect(script(folder, "touch -d @-5 f; stat -c %Y f")).toBe("0\n");
    // cp looks for holes, and leaves them out.
    expect(script(folder, "cp --sparse=auto f g; cmp f g; stat -c %s g")).toBe("20000\n");
  }));

test("cp copies a file without its bytes, and each of the two is changed by itself", () =>
  withTemporary((folder) => {
    const said = script(
      folder,
      "dd if=/dev/urandom of=f bs=1000003 count=1 iflag=fullblock status=none; chmod 4755 f; cp -p f g; cmp f g;" +
        "echo more >>g; echo end >>f; cmp f g || true; tail -c 5 g",
    );
    expect(said).toMatch(/^f g differ: byte 1000004, line \d+\nmore\n$/);
    const written = rewindfs(folder, ["log", "--run", "-1", "--op", "write", "--json"])
      .stdout.trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { path?: string; length?: number })
      .map(({ path, length }) => [path, length]);
    expect(written).toEqual([
      ["/f", 1_000_003],
      ["/g", 5],
      ["/f", 4],
    ]);
    // Bytes that are redacted in one are gone from the other.
    expect(rewindfs(folder, ["redact", "/g"]).exit).toBe(0);
    const left = rewindfs(folder, ["cat", "/f"]).stdout;
    expect(left === `${"[redacted]".repeat(100_000)}[reend\n`).toBe(true);
    expect(rewindfs(folder, ["verify"]).exit).toBe(0);
  }));

const nativeProgram = String.raw`
import ctypes, json, os, socket, stat
told = {}
os.mkfifo("pipe", 0o600)
if os.fork() == 0:
    open("pipe", "w").write("through")
    os._exit(0)
told["pipe"] = open("pipe").read()
os.wait()
server = socket.socket(socket.AF_UNIX)
server.bind("socket")
server.listen()
socket.socket(socket.AF_UNIX).connect("socket")
told["types"] = [stat.filemode(os.lstat(name).st_mode)[0] for name in ("pipe", "socket")]
open("f", "w").write("f")
os.setxattr("f", "user.a", b"value")
os.setxattr("f", b"user.\xff", b"")
told["attributes"] = [len(os.listxattr("f")), os.getxattr("f", "user.a").decode()]
os.removexattr("f", b"user.\xff")
def refused(call, *rest):
    try:
        return call(*rest)
    except OSError as error:
        return os.strerror(error.errno)
told["refused"] = [
    refused(os.getxattr, "f", "user.b"),
    refused(os.setxattr, "f", "user.a", b"", os.XATTR_CREATE),
    refused(os.setxattr, "f", "user.b", b"", os.XATTR_REPLACE),
    refused(os.getxattr, "f", "security.capability"),
    refused(os.setxattr, "f", "user.b", b"x" * 65536),
]
open("g", "w").write("g")
ctypes.CDLL(None).renameat2(-100, b"f", -100, b"g", 2)
told["exchanged"] = [open("f").read(), open("g").read(), os.listxattr("g")]
os.chmod("g", 0o4755)
open("g", "a").write("more")
told["mode"] = oct(os.stat("g").st_mode & 0o7777)
os.symlink(b"to\xfe", b"link\xff")
told["link"] = os.readlink(b"link\xff").hex()
print(json.dumps(told))
`;

test("pipes, sockets, attributes, exchanges and names of bytes are as on any disk, and are recorded", () =>
  withTemporary((folder) => {
    const said = script(folder, `python3 - <<'END'\n${nativeProgram}END`);
    expect(JSON.parse(said)).toEqual({
      pipe: "through",
      types: ["p", "s"],
      attributes: [2, "value"],
      refused: [
        "No data available",
        "File exists",
        "No data available",
        "Operation not supported",
        "No space left on device",
      ],
      exchanged: ["g", "f", ["user.a"]],
      mode: "0o755",
      link: "746ffe",
    });
    const ops = rewindfs(folder, ["log", "--run", "-1", "--json"])
      .stdout.trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { op: string; path?: string });
    expect(ops.find(({ op }) => op === "fail")).toMatchObject({ attempted: "set-attribute" });
    const of = (op: string) => ops.filter((one) => one.op === op).length;
    expect(["mknod", "exchange", "set-xattr", "remove-xattr"].map(of)).toEqual([2, 1, 2, 1]);
    expect(ops.find(({ op }) => op === "symlink")?.path).toBe("/link\udcff");
    expect(rewindfs(folder, ["verify"]).exit).toBe(0);
    expect(rewindfs(folder, ["undo"]).exit).toBe(0);
    expect(rewindfs(folder, ["redo"]).exit).toBe(0);
    expect(rewindfs(folder, ["diff", "run:-3", "@"]).stdout).toBe("");
  }));

test("what is not served is refused as Linux would, and programs do without", () =>
  withTemporary((folder) => {
    const said = script(
      folder,
      "chown 1:1 . 2>&1 || true; ln a b 2>&1 || true; flock . true; echo locked",
    );
    expect(said).toContain("locked");
  }));
