/**
 * Which lines were hit last, and where: a program goes back to the same lines most of the time, and then nothing has to be looked up. An
 * entry says that an access through this virtual line meets this copy at this place. It holds as long as the copy is in its line; what
 * changes mappings, or shares lines with a clone, drops them all.
 */
import type { AgentAction, Observation } from "./action.ts";
import type { Board } from "./board.ts";
import type { TagArray } from "./cache.ts";
import { type Copy, granuleMask, type LineState } from "./line.ts";
import type { MachineModel } from "./model.ts";

export interface RecentHit {
  /** Virtual address of the line's first byte, and the address space of the access. */
  readonly base: number;
  readonly space: number;
  readonly state: LineState;
  readonly copy: Copy;
  readonly place: number;
}

type CpuAccess = Extract<AgentAction, { kind: "load" | "store" }>;

/** Entries, by the low bits of the line's number. A power of two. */
const most = 512;

export class RecentHits {
  readonly #lineBytes: number;
  readonly #shift: number;
  readonly #entries: (RecentHit | undefined)[] = [];

  constructor(model: MachineModel) {
    this.#lineBytes = model.cache.lineBytes;
    this.#shift = Math.log2(this.#lineBytes);
  }

  /** The entry for an access that stays in one line. */
  find(action: CpuAccess, space: number): RecentHit | undefined {
    const { virtual } = action;
    const hit = this.#entries[this.#indexOf(virtual)];
    if (hit?.space !== space) return undefined;
    const offset = virtual - hit.base;
    const size = action.kind === "load" ? action.size : action.bytes.length;
    if (offset < 0 || size <= 0 || offset + size > this.#lineBytes) return undefined;
    return hit.state.copies.includes(hit.copy) ? hit : undefined;
  }

  remember(hit: RecentHit): void {
    this.#entries[this.#indexOf(hit.base)] = hit;
  }

  /** The low bits are the same for the addresses of the upper half, which are negative. */
  #indexOf(virtual: number): number {
    return ((virtual >>> 0) >>> this.#shift) & (most - 1);
  }

  forget(): void {
    this.#entries.length = 0;
  }
}

const noBytes = new Uint8Array(0);

/** What `perform.ts` and `line.ts` do for a hit in write-back memory, in one go. */
export function hitAgain(board: Board, tags: TagArray, hit: RecentHit, action: CpuAccess): Observation {
  const { copy, state } = hit;
  const offset = action.virtual - hit.base;
  const physical = state.physical + offset;
  tags.use(hit.place);
  if (action.kind === "store") {
    const { bytes } = action;
    board.promises.write("cpu", physical, bytes);
    for (let i = 0; i < bytes.length; i++) copy.data[offset + i] = bytes[i] ?? 0;
    copy.dirty |= granuleMask(board.model, offset, bytes.length);
    return { bytes: noBytes, stale: false, physical };
  }
  const bytes = new Uint8Array(action.size);
  for (let i = 0; i < bytes.length; i++) bytes[i] = copy.data[offset + i] ?? 0;
  const { stale, newest } = board.promises.check("cpu", physical, bytes);
  return stale ? { bytes, stale, expected: newest, physical } : { bytes, stale, physical };
}
