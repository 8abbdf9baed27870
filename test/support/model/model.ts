import { type Node, type Spot, walk, holds } from "./model-walk.ts";

export interface ModelHandle {
  readonly node: Node;
  readonly readOnly: boolean;
  readonly reads: boolean;
  readonly writes: boolean;
}

export interface ModelStream {
  readonly handle: ModelHandle;
  position: number | "end";
  failed: boolean;
}

export interface ModelOpen {
  readonly create?: boolean;
  readonly directory?: boolean;
  readonly exclusive?: boolean;
  readonly truncate?: boolean;
}
export interface ModelFlags {
  readonly read?: boolean;
  readonly write?: boolean;
  readonly mutateDirectory?: boolean;
  readonly fileIntegritySync?: boolean;
}

const readMost = 65_536;

export class Model {
  time: bigint;
  readonly root: Node;
  readonly roots = new Set<Node>();
  readonly #mostFileBytes: number;

  constructor(time: bigint, mostFileBytes: number) {
    this.time = time;
    this.#mostFileBytes = mostFileBytes;
    this.root = this.#node("directory");
    Object.assign(this.root, { links: 1, atime: 0n, mtime: 0n, ctime: 0n });
    this.roots.add(this.root);
  }

  open(
    base: ModelHandle,
    follow: boolean,
    path: string,
    open: ModelOpen,
    flags: ModelFlags,
  ): ModelHandle {
    isDirectory(base);
    const changes = [open.create, open.truncate, flags.write].includes(true);
    if (base.readOnly && (changes || flags.mutateDirectory)) throw "not-permitted";
    if (flags.fileIntegritySync) throw "unsupported";
    if (open.directory && (open.create || open.exclusive || open.truncate)) throw "invalid";
    const exclusive = open.create && open.exclusive;
    const spot = this.#walk(base, path, follow && !exclusive);
    const handle = (node: Node): ModelHandle => ({
      node,
      readOnly: base.readOnly,
      reads: flags.read === true || !flags.write,
      writes: changes,
    });
    if (spot.node === undefined) {
      if (!open.create) throw "no-entry";
      if (spot.slash) throw "is-directory";
      return handle(this.#enter(spot, this.#node("regular-file")));
    }
    if (exclusive) throw "exist";
    if (spot.node.type === "directory") {
      if (changes) throw "is-directory";
      return handle(spot.node);
    }
    if (open.directory || spot.slash) throw "not-directory";
    if (spot.node.type === "symbolic-link") throw "loop";
    if (open.truncate) {
      this.#resize(spot.node, 0);
      spot.node.mtime = spot.node.ctime = this.time;
    }
    return handle(spot.node);
  }

  read(handle: ModelHandle, length: bigint, offset: bigint): Uint8Array {
    if (handle.node.type === "directory" || !handle.reads) throw "bad-descriptor";
    if (offset >= 2n ** 63n) throw "invalid";
    const start = Math.min(Number(offset), handle.node.bytes.length);
    return handle.node.bytes.slice(start, start + Math.min(Number(length), readMost));
  }

  write(handle: ModelHandle, bytes: Uint8Array, offset: bigint): number {
    this.#changeable(handle);
    if (!handle.writes) throw "bad-descriptor";
    this.#put(handle.node, bytes, offset);
    return bytes.length;
  }

  setSize(handle: ModelHandle, size: bigint): void {
    this.#changeable(handle);
    if (!handle.writes || size >= 2n ** 63n) throw "invalid";
    if (size > BigInt(this.#mostFileBytes)) throw "file-too-large";
    this.#resize(handle.node, Number(size));
  }

  input(handle: ModelHandle, offset: bigint): ModelStream {
    if (handle.node.type === "directory") throw "is-directory";
    return { handle, position: Number(offset), failed: false };
  }

  output(handle: ModelHandle, offset: bigint | "end"): ModelStream {
    this.#changeable(handle);
    return { handle, position: offset === "end" ? offset : Number(offset), failed: false };
  }

  streamRead(stream: ModelStream, length: number): Uint8Array {
    if (stream.failed) throw "closed";
    const { handle, position } = stream;
    if (!handle.reads || position === "end") {
      stream.failed = true;
      throw "last-operation-failed: bad-descriptor";
    }
    const bytes = handle.node.bytes.slice(position, position + Math.min(length, readMost));
    if (bytes.length === 0 && length > 0) throw "closed";
    stream.position = position + bytes.length;
    return bytes;
  }

  streamWrite(stream: ModelStream, bytes: Uint8Array): void {
    if (stream.failed) throw "closed";
    const { handle, position } = stream;
    try {
      if (!handle.writes) throw "bad-descriptor";
      this.#put(
        handle.node,
        bytes,
        BigInt(position === "end" ? handle.node.bytes.length : position),
      );
      if (position !== "end") stream.position = position + bytes.length;
    } catch (code) {
      stream.failed = true;
      throw `last-operation-failed: ${String(code)}`;
    }
  }

  stat(node: Node): unknown {
    const size = node.type === "symbolic-link" ? Buffer.byteLength(node.target) : node.bytes.length;
    return {
      type: node.type,
      links: node.links,
      size,
      times: [node.atime, node.mtime, node.ctime],
    };
  }

  statAt(base: ModelHandle, follow: boolean, path: string): unknown {
    return this.stat(this.#standing(base, path, follow || path.endsWith("/")).node);
  }

  setTimes(handle: ModelHandle, atime: bigint | undefined, mtime: bigint | undefined): void {
    if (handle.readOnly) throw "not-permitted";
    this.#setTimes(handle.node, atime, mtime);
  }

  setTimesAt(
    base: ModelHandle,
    follow: boolean,
    path: string,
    atime?: bigint,
    mtime?: bigint,
  ): void {
    this.#mutable(base);
    this.#setTimes(this.#standing(base, path, follow || path.endsWith("/")).node, atime, mtime);
  }

  list(handle: ModelHandle): unknown[] {
    if (handle.node.type !== "directory") throw "not-directory";
    const names = [...handle.node.children.keys()].sort();
    return names.map((name) => [name, handle.node.children.get(name)?.type]);
  }

  makeDirectory(base: ModelHandle, path: string): void {
    this.#mutable(base);
    const spot = this.#walk(base, path, false);
    if (spot.node !== undefined) throw "exist";
    this.#enter(spot, this.#node("directory"));
  }

  symlink(base: ModelHandle, target: string, path: string): void {
    this.#mutable(base);
    if (target.startsWith("/")) throw "not-permitted";
    const spot = this.#walk(base, path, false);
    if (spot.slash && spot.node === undefined) throw "no-entry";
    if (spot.slash && spot.node?.type !== "directory") throw "not-directory";
    if (spot.node !== undefined) throw "exist";
    if (target === "") throw "no-entry";
    this.#enter(spot, { ...this.#node("symbolic-link"), target });
  }

  link(base: ModelHandle, path: string, newBase: ModelHandle, newPath: string): void {
    this.#mutable(base);
    this.#mutable(newBase);
    const { node } = this.#standing(base, path, false);
    if (node.type === "directory") throw "not-permitted";
    const spot = this.#walk(newBase, newPath, false);
    if (spot.node !== undefined) throw "exist";
    if (spot.slash) throw "no-entry";
    this.#enter(spot, node);
    node.ctime = this.time;
  }

  readlink(base: ModelHandle, path: string): string {
    isDirectory(base);
    const { node } = this.#standing(base, path, path.endsWith("/"));
    if (node.type !== "symbolic-link") throw "invalid";
    return node.target;
  }

  removeDirectory(base: ModelHandle, path: string): void {
    this.#mutable(base);
    const spot = this.#walk(base, path, false);
    if (spot.name === undefined) throw spot.last === ".." ? "not-permitted" : "invalid";
    // A slash after a link means its target, which must not lie outside.
    if (spot.slash && spot.node?.type === "symbolic-link") this.#walk(base, path, true);
    const { node } = this.#standing(base, path, false);
    if (this.roots.has(node)) throw "not-permitted";
    if (node.type !== "directory") throw "not-directory";
    if (node.children.size > 0) throw "not-empty";
    this.#leave(spot.parent, spot.name);
  }

  unlink(base: ModelHandle, path: string): void {
    this.#mutable(base);
    const spot = this.#walk(base, path, false);
    const { node } = this.#standing(base, path, false);
    if (spot.name === undefined || node.type === "directory") throw "is-directory";
    this.#leave(spot.parent, spot.name);
  }

  rename(base: ModelHandle, path: string, newBase: ModelHandle, newPath: string): void {
    this.#mutable(base);
    this.#mutable(newBase);
    const from = this.#walk(base, path, false);
    if (from.name === undefined) throw "invalid";
    const { node } = this.#standing(base, path, false);
    const to = this.#walk(newBase, newPath, false);
    if (to.name === undefined) throw "invalid";
    if (
      to.slash &&
      to.node?.type !== "directory" &&
      !(node.type === "directory" && to.node === undefined)
    )
      throw "not-directory";
    if (this.roots.has(node) || (to.node !== undefined && this.roots.has(to.node)))
      throw "not-permitted";
    if (holds(node, to.parent)) throw "invalid";
    if (to.node === node) return;
    if (to.node !== undefined) {
      if (node.type !== "directory" && to.node.type === "directory") throw "is-directory";
      if (node.type === "directory" && to.node.type !== "directory") throw "not-directory";
      if (to.node.children.size > 0) throw "not-empty";
    } else if (to.parent.links === 0) throw "no-entry";
    if (to.node !== undefined) this.#leave(to.parent, to.name);
    this.#leave(from.parent, from.name);
    this.#enter(to, node);
    node.ctime = this.time;
  }

  #walk(base: ModelHandle, path: string, follow: boolean): Spot {
    isDirectory(base);
    if (path === "") throw "no-entry";
    if (path.startsWith("/")) throw "not-permitted";
    return walk([base.node], path, follow, { left: 40 });
  }

  #standing(base: ModelHandle, path: string, follow: boolean): { node: Node } {
    const { node, slash } = this.#walk(base, path, follow);
    if (node === undefined) throw "no-entry";
    if (slash && node.type !== "directory") throw "not-directory";
    return { node };
  }

  #mutable(base: ModelHandle): void {
    isDirectory(base);
    if (base.readOnly) throw "not-permitted";
  }

  #changeable(handle: ModelHandle): void {
    if (handle.node.type === "directory") throw "bad-descriptor";
    if (handle.readOnly) throw "not-permitted";
  }

  #put(node: Node, bytes: Uint8Array, offset: bigint): void {
    if (bytes.length === 0) return;
    if (offset + BigInt(bytes.length) > this.#mostFileBytes) throw "file-too-large";
    const end = Number(offset) + bytes.length;
    if (end > node.bytes.length) this.#resize(node, end);
    node.bytes.set(bytes, Number(offset));
    node.mtime = node.ctime = this.time;
  }

  #resize(node: Node, size: number): void {
    if (size === node.bytes.length) return;
    const bytes = new Uint8Array(size);
    bytes.set(node.bytes.subarray(0, size));
    node.bytes = bytes;
    node.mtime = node.ctime = this.time;
  }

  #setTimes(node: Node, atime: bigint | undefined, mtime: bigint | undefined): void {
    for (const time of [atime, mtime])
      if (time !== undefined && time >= 2n ** 64n) throw "overflow";
    if (atime === undefined && mtime === undefined) return;
    node.atime = atime ?? node.atime;
    node.mtime = mtime ?? node.mtime;
    node.ctime = this.time;
  }

  #node(type: Node["type"]): Node {
    const times = { atime: this.time, mtime: this.time, ctime: this.time };
    return { type, children: new Map(), target: "", bytes: new Uint8Array(0), links: 0, ...times };
  }

  #enter({ parent, name }: Spot, node: Node): Node {
    if (name === undefined || parent.links === 0) throw "no-entry";
    parent.children.set(name, node);
    node.links += 1;
    parent.mtime = parent.ctime = this.time;
    return node;
  }

  #leave(parent: Node, name: string): void {
    const node = parent.children.get(name);
    if (node !== undefined) {
      node.links -= 1;
      node.ctime = this.time;
    }
    parent.children.delete(name);
    parent.mtime = parent.ctime = this.time;
  }
}

function isDirectory({ node }: ModelHandle): void {
  if (node.type !== "directory") throw "not-directory";
}
