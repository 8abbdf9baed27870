// A program of Node.js that makes each call of the table once, and prints what came of it as JSON.
import fs from "node:fs";

const told = (act) => {
  try {
    return act() ?? "ok";
  } catch (error) {
    return error.code;
  }
};

const lines = {
  "unlink keeps an open file": () => {
    const fd = fs.openSync("open", "w+", 0o640);
    fs.writeSync(fd, "kept");
    fs.unlinkSync("open");
    const { nlink, size, mode } = fs.fstatSync(fd);
    fs.ftruncateSync(fd, 2);
    const text = Buffer.alloc(4);
    const length = fs.readSync(fd, text, 0, 4, 0);
    fs.closeSync(fd);
    return { nlink, size, mode: mode & 0o777, text: text.toString("utf8", 0, length) };
  },
  "a hole takes no blocks": () => {
    const fd = fs.openSync("holes", "w+");
    fs.writeSync(fd, "end", 1 << 20);
    const { size, blocks } = fs.fstatSync(fd);
    return { size, blocks };
  },
  "append goes to the end": () => {
    for (const text of ["a", "b", "c"]) fs.appendFileSync("log", text);
    return fs.readFileSync("log", "utf8");
  },
  "a removed working directory is still one": () => {
    const home = process.cwd();
    fs.mkdirSync("gone");
    process.chdir("gone");
    fs.rmdirSync("../gone");
    const facts = { nlink: fs.statSync(".").nlink, names: fs.readdirSync(".") };
    process.chdir(home);
    return facts;
  },
  "links count": () => {
    fs.linkSync("log", "log2");
    fs.mkdirSync("parent/child", { recursive: true });
    return { file: fs.statSync("log2").nlink, directory: fs.statSync("parent").nlink };
  },
  "symlinks say what they were told": () => {
    fs.symlinkSync("/nowhere/é", "link");
    return { target: fs.readlinkSync("link"), size: fs.lstatSync("link").size };
  },
  "times are kept to the nanosecond": () => {
    fs.utimesSync("log", 1, 1.5);
    return String(fs.statSync("log", { bigint: true }).mtimeNs);
  },
  "modes are kept": () => {
    fs.chmodSync("log", 0o1640);
    return (fs.statSync("log").mode & 0o7777).toString(8);
  },
  "a directory of thousands is listed whole": () => {
    fs.mkdirSync("many");
    for (let index = 0; index < 2_000; index += 1)
      fs.writeFileSync(`many/${"n".repeat(40)}${index}`, "");
    return new Set(fs.readdirSync("many")).size;
  },
  "megabytes come back as they were": () => {
    const bytes = Buffer.alloc(3_000_001, "rewind");
    fs.writeFileSync("big", bytes);
    return fs.readFileSync("big").equals(bytes);
  },
  "rename replaces": () => {
    fs.writeFileSync("old", "new");
    fs.renameSync("old", "big");
    return fs.readFileSync("big", "utf8");
  },
  "rename refuses a directory into itself": () =>
    told(() => fs.renameSync("parent", "parent/child/x")),
  "a full directory is not removed": () => told(() => fs.rmdirSync("parent")),
  "a name of 256 bytes is too long": () => told(() => fs.writeFileSync("n".repeat(256), "")),
  "a name that is no UTF-8 comes back as it is": () => {
    const name = Buffer.from([0x61, 0xff, 0xc3]);
    fs.writeFileSync(name, "odd");
    const names = fs.readdirSync(".", { encoding: "buffer" });
    return { isThere: names.some((one) => one.equals(name)), text: fs.readFileSync(name, "utf8") };
  },
  "sync waits": () => fs.fsyncSync(fs.openSync("log", "r")) ?? "ok",
  "the room is told": () => fs.statfsSync(".").bsize,
};

process.stdout.write(
  JSON.stringify(Object.fromEntries(Object.entries(lines).map(([name, act]) => [name, told(act)]))),
);
