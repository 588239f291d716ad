/**
 * What the API's contract promises to a reader: for each byte the newest value, who wrote it, and whether the reader can know of
 * it yet. A write is promised to its writer at once, to the others when it is announced: by a doorbell, an interrupt, a status
 * that was read, or because the reader saw a later write of the same writer. Before that a reader may see the old or the new
 * value; after it, any other than the newest is stale. Kept by value and by physical address, whatever the caches hold.
 */
import { alignDown } from "./address.ts";

/** CPU and user are one: they run on the same processor. */
export type Writer = "cpu" | "device";

/** Small, since a line that is written makes a block. A power of two. */
const blockBytes = 64;

interface Block {
  /** Address of the first byte. */
  readonly at: number;
  readonly newest: Uint8Array;
  /** The value before the writes that are not announced. */
  readonly base: Uint8Array;
  readonly version: Uint32Array;
  /** 0 nobody, 1 cpu, 2 device. */
  readonly writer: Uint8Array;
  /** 1: several unannounced writes met here, so that no value can be called stale until the last is announced. */
  readonly open: Uint8Array;
}

const otherOf = { cpu: "device", device: "cpu" } as const;
const writerCode = { cpu: 1, device: 2 } as const;

export interface Check {
  readonly stale: boolean;
  /** The newest values, byte by byte. */
  readonly newest: Uint8Array;
}

export class Promises {
  #blocks: Map<number, Block>;
  /** Blocks that another clone may hold too: copied before a write. */
  readonly #shared: Set<number>;
  /** By `recentIndex`; of the same blocks, for speed. */
  readonly #recent: (Block | undefined)[] = [];
  #version: number;
  readonly #announced: { cpu: number; device: number };

  constructor(from?: Promises) {
    this.#blocks = new Map(from === undefined ? [] : from.#blocks);
    this.#shared = new Set(from === undefined ? [] : from.#blocks.keys());
    if (from !== undefined) for (const key of from.#blocks.keys()) from.#shared.add(key);
    this.#version = from === undefined ? 0 : from.#version;
    this.#announced = {
      cpu: from === undefined ? 0 : from.#announced.cpu,
      device: from === undefined ? 0 : from.#announced.device,
    };
  }

  clone(): Promises {
    return new Promises(this);
  }

  write(writer: Writer, physical: number, bytes: Uint8Array): void {
    const version = ++this.#version;
    const code = writerCode[writer];
    for (let i = 0; i < bytes.length; ) {
      let at = offsetIn(physical + i);
      const block = this.#own(physical + i - at);
      for (; at < blockBytes && i < bytes.length; at++, i++) {
        if (this.#isAnnounced(block, at)) {
          block.base[at] = block.newest[at] ?? 0;
          block.open[at] = 0;
        } else block.open[at] = 1;
        block.newest[at] = bytes[i] ?? 0;
        block.version[at] = version;
        block.writer[at] = code;
      }
    }
  }

  /** All that the writer wrote until now is promised to everyone. */
  announce(writer: Writer): void {
    this.#announced[writer] = this.#version;
  }

  /**
   * What the reader saw, against what it was promised. Seeing a write that was not announced announces it, and those before it by the same
   * writer: what a descriptor's OWN bit relies on.
   */
  check(reader: Writer, physical: number, bytes: Uint8Array): Check {
    const other = otherOf[reader];
    const { stale, seen } = this.#compare(reader, physical, bytes);
    if (seen > this.#announced[other]) this.#announced[other] = seen;
    return stale ? { stale, newest: this.newest(physical, bytes.length) } : { stale, newest: bytes };
  }

  /** As `check`, but nobody has seen the bytes yet. */
  isStale(reader: Writer, physical: number, bytes: Uint8Array): boolean {
    return this.#compare(reader, physical, bytes).stale;
  }

  #compare(reader: Writer, physical: number, bytes: Uint8Array): { readonly stale: boolean; readonly seen: number } {
    const other = otherOf[reader];
    const announced = this.#announced[other];
    let stale = false;
    let seen = 0;
    let block: Block | undefined;
    let blockAt = Number.NaN;
    for (let i = 0; i < bytes.length; i++) {
      const at = offsetIn(physical + i);
      if (physical + i - at !== blockAt) {
        blockAt = physical + i - at;
        block = this.#find(blockAt);
      }
      const got = bytes[i];
      const version = block?.version[at] ?? 0;
      const pending = block !== undefined && block.writer[at] === writerCode[other] && version > announced;
      if (got === (block?.newest[at] ?? 0)) {
        if (pending && got !== block?.base[at]) seen = Math.max(seen, version);
      } else if (!pending || (block?.open[at] === 0 && got !== block.base[at])) stale = true;
    }
    return { stale, seen };
  }

  newest(physical: number, size: number): Uint8Array {
    const bytes = new Uint8Array(size);
    for (let i = 0; i < size; i++) {
      bytes[i] = this.#blocks.get(alignDown(physical + i, blockBytes))?.newest[offsetIn(physical + i)] ?? 0;
    }
    return bytes;
  }

  /** Who wrote the newest value; undefined where nobody did. */
  writerOf(physical: number): Writer | undefined {
    const code = this.#blocks.get(alignDown(physical, blockBytes))?.writer[offsetIn(physical)];
    return code === 1 ? "cpu" : code === 2 ? "device" : undefined;
  }

  /** The values of `from` are now promised at `to` as well: a bounce buffer was filled. */
  copy(from: number, to: number, size: number): void {
    this.write("cpu", to, this.newest(from, size));
  }

  #isAnnounced(block: Block, at: number): boolean {
    const writer = block.writer[at];
    if (writer === 0) return true;
    return (block.version[at] ?? 0) <= (writer === 1 ? this.#announced.cpu : this.#announced.device);
  }

  #find(at: number): Block | undefined {
    const index = recentIndex(at);
    const recent = this.#recent[index];
    if (recent?.at === at) return recent;
    const found = this.#blocks.get(at);
    if (found !== undefined) this.#recent[index] = found;
    return found;
  }

  /** The block that begins there, to be written to. */
  #own(at: number): Block {
    const found = this.#find(at);
    if (found !== undefined && (this.#shared.size === 0 || !this.#shared.has(at))) return found;
    const block: Block = {
      at,
      newest: found?.newest.slice() ?? new Uint8Array(blockBytes),
      base: found?.base.slice() ?? new Uint8Array(blockBytes),
      version: found?.version.slice() ?? new Uint32Array(blockBytes),
      writer: found?.writer.slice() ?? new Uint8Array(blockBytes),
      open: found?.open.slice() ?? new Uint8Array(blockBytes),
    };
    this.#blocks.set(at, block);
    this.#recent[recentIndex(at)] = block;
    this.#shared.delete(at);
    return block;
  }
}

/** Blocks by the low bits of their number: nearly every look-up is for one of the last. */
const recentBlocks = 256;

function recentIndex(at: number): number {
  return (at / blockBytes) & (recentBlocks - 1);
}

function offsetIn(physical: number): number {
  return (physical & (blockBytes - 1)) >>> 0;
}
