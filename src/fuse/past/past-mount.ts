import {
  type Ino,
  type Name,
  type RunNumber,
  type Seq,
  parseName,
  rootIno,
} from "../../../journal/index.ts";
import { FsError, type Tree, apply, emptyTree } from "../../fs/index.ts";
import { type Found, type Place, Served } from "../calls/served.ts";
import type { Owner } from "../protocol/attributes.ts";
import type { Volume } from "../calls/volume.ts";
import type { Request } from "../protocol/request.ts";
import { PastVolume, type ReadTape } from "./past-volume.ts";

/** The past of a journal, as far as a mount shows it. */
export interface Past {
  /** Returns the state at the root of the mount, which may become another. */
  now(): Tree;
  readonly changes: "sometimes" | "never";
  /** Returns the moment that a text names; undefined if it names none. */
  moment(text: string): { readonly seq: Seq; readonly tree: Tree } | undefined;
  /** Returns the texts that a listing of moments has. */
  names(): readonly string[];
  readonly readTape: ReadTape;
}

/** A filesystem that changes, to be seen at the root of the mount in the place of a past state. */
export interface Live {
  readonly fs: Volume;
  readonly now: () => bigint;
}

/** Name in the root of a directory that no listing has, in which each moment of the past is a directory. */
const momentsName = ".rewind";

/**
 * The difference between the numbers that the kernel has for the inodes of two states. A number beyond 2^53 would not be
 * exact, so that there is room for 2,048 states.
 */
const stride = 2 ** 42;
const mostStates = 2_000;

/**
 * The filesystems behind one mount: a state at its root, and others below `.rewind`. Nobody changes them, but for a live
 * one at the root.
 */
export class PastMount {
  readonly #past: Past;
  readonly #owner: Owner;
  /** The state at the root, if it is replaced by newer ones. */
  readonly #root: PastVolume | undefined;
  /** The root's state, the directory of moments, and the moments that somebody looked at. */
  readonly #states: Served[];
  readonly #known = new Map<Seq, Served>();

  constructor(past: Past, owner: Owner, live?: Live) {
    this.#past = past;
    this.#owner = owner;
    const moments = new Moments(past, owner, (text) => this.#at(text));
    if (live === undefined) {
      const volume = new PastVolume(past.now(), past.readTape);
      const state = past.changes === "never" ? "ours" : "others'";
      this.#root = past.changes === "never" ? undefined : volume;
      this.#states = [new Root({ fs: volume, now: noClock }, owner, state, moments), moments];
    } else {
      this.#states = [new Root(live, owner, "ours", moments), moments];
    }
  }

  /** The filesystem at the root of the mount. */
  get root(): Served {
    const [root] = this.#states;
    if (root === undefined) throw new Error("a mount without a root");
    return root;
  }

  /** Returns the filesystem that a request is about, and takes its base off the request's node. */
  readonly of = (request: Request): Served => {
    const index = Math.floor(request.node / stride);
    const state = this.#states[index] ?? this.root;
    if (index === 0 && this.#root !== undefined) this.#root.tree = this.#past.now();
    request.node = (request.node - state.base) as Ino;
    return state;
  };

  #at(text: string): Found | undefined {
    const moment = this.#past.moment(text);
    if (moment === undefined) return undefined;
    const state = this.#known.get(moment.seq) ?? this.#add(moment.seq, moment.tree);
    return { shown: state, inode: state.inode(rootIno) };
  }

  #add(seq: Seq, tree: Tree): Served {
    const index = this.#states.length;
    if (index >= mostStates) throw new FsError("insufficient-memory", momentsName);
    const volume = new PastVolume(tree, this.#past.readTape);
    const state = new Served(volume, this.#owner, noClock, { base: index * stride, state: "ours" });
    this.#known.set(seq, state);
    this.#states.push(state);
    return state;
  }
}

/** Nothing is written, and so nothing is stamped. */
const noClock = (): bigint => 0n;

/** The root's state, with one name more than it has. */
class Root extends Served {
  readonly #moments: Moments;

  constructor({ fs, now }: Live, owner: Owner, state: Place["state"], moments: Moments) {
    super(fs, owner, now, { base: 0, state });
    this.#moments = moments;
  }

  override entry(parent: Ino, name: Name): Found | undefined {
    return parent === rootIno && name === momentsName
      ? { shown: this.#moments, inode: this.#moments.inode(rootIno) }
      : super.entry(parent, name);
  }
}

/** A directory in which each text that names a moment is a directory: the root at that moment. */
class Moments extends Served {
  override readonly lists = "names";
  readonly #volume: PastVolume;
  readonly #past: Past;
  readonly #find: (text: string) => Found | undefined;

  constructor(past: Past, owner: Owner, find: (text: string) => Found | undefined) {
    const volume = new PastVolume(emptyTree(), past.readTape);
    super(volume, owner, noClock, { base: stride, state: "others'" });
    this.#volume = volume;
    this.#past = past;
    this.#find = find;
  }

  override entry(_: Ino, name: Name): Found | undefined {
    return this.#find(name);
  }

  override openDirectory(ino: Ino): number {
    this.#volume.tree = treeOf(this.#past);
    return super.openDirectory(ino);
  }
}

/** Returns a tree with an empty directory of each name. */
function treeOf(past: Past): Tree {
  const tree = emptyTree();
  const parent = rootIno;
  for (const text of new Set(past.names())) {
    const name = parseName(text);
    if (name === undefined) continue;
    const stamp = { seq: 0 as Seq, time: 0n, run: 0 as RunNumber };
    apply(
      tree,
      { kind: "mkdir", ino: tree.nextIno, path: `/${name}`, parent, name, ...stamp },
      past.readTape,
    );
  }
  return tree;
}
