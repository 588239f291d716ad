/** What a walk over a mapping's life (ownership-walk.ts) starts from, what it asks, and what it reports. */
import type { ApiFunction } from "../../kernel/contract.ts";
import type { BlockId, CallStatement, Expression, Place, ProgramFunction, Statement } from "../../program/program.ts";
import type { AccessSummaries, CpuAccess } from "./ownership-access.ts";
import type { SymbolicValue } from "./ownership-values.ts";

/** What a mapping is made of, as the function that maps sees it. */
export interface MapSite {
  readonly owner: ProgramFunction;
  readonly call: CallStatement;
  /** The buffer: a pointer's value, or the sg list's; undefined where it is not followed. */
  readonly buffer: SymbolicValue | undefined;
  /** Names under which the handle is known at once: the call's result, or what it leaves in an out-parameter. */
  readonly handles: readonly string[];
  /** Fields in which the call itself leaves the handle. */
  readonly fields: readonly string[];
  /** Whether a result of 0 means success, where the call is a wrapper that says so. */
  readonly succeeds: boolean | undefined;
  /** How the map's own result says that it failed, where 0 is the good one. */
  readonly fails?: "errno";
  /** Whether an access is inside the mapped range. */
  inside(rest: string, access: CpuAccess): boolean;
}

export interface HandleStore {
  readonly statement: Statement;
  readonly place: Place;
}
export interface HandlePass {
  readonly call: CallStatement;
  readonly argument: number;
  /** The handle itself, the address of the storage that holds it, or something computed from it. */
  readonly by: "value" | "address" | "derived";
}
/** A branch on the handle. */
export interface HandleTest {
  readonly condition: Expression;
  readonly block: BlockId;
}
export interface MappedAccess {
  readonly access: CpuAccess;
  readonly block: BlockId;
  /** What follows the buffer's own path: "" for its first byte, ".status", "+#4". */
  readonly rest: string;
}

/** A return of the function with the mapping still in place. */
export interface MappedExit {
  readonly block: BlockId;
  /** The returned value's name, and its truth where it is known. */
  readonly value: string;
  readonly truth: boolean | undefined;
  /** What branches had taught when it was reached. */
  readonly truths: ReadonlyMap<string, boolean>;
}

/** What a walk saw. */
export interface Track {
  readonly site: MapSite;
  readonly checks: readonly CallStatement[];
  /** Branches that compare the handle itself with 0. */
  readonly zeroTests: readonly HandleTest[];
  /** Branches that compare the handle with anything else: a test by hand. */
  readonly comparisons: readonly HandleTest[];
  readonly returned: boolean;
  readonly stores: readonly HandleStore[];
  /** Fields that hold the handle: "record.field", or "?.field" where the record is not known. */
  readonly fields: ReadonlySet<string>;
  readonly passes: readonly HandlePass[];
  readonly releases: readonly CallStatement[];
  readonly handBacks: readonly CallStatement[];
  readonly accesses: readonly MappedAccess[];
  /** Some return is reached while the device owns the buffer. */
  readonly leavesMapped: boolean;
  /** Calls into the unit after the mapping. */
  readonly entered: ReadonlySet<ProgramFunction>;
  /** Unmaps in this function that certainly get this very handle, or this very list. */
  readonly unmaps: readonly CallStatement[];
  /** Unmaps that are reached when such an unmap has been made already. */
  readonly doubleUnmaps: readonly CallStatement[];
  /** Calls that map the very same buffer, or list, while it is mapped. */
  readonly remaps: readonly CallStatement[];
  /** Calls that free the buffer while it is mapped. */
  readonly earlyFrees: readonly CallStatement[];
  /** Returns that are reached while nobody has unmapped the buffer. */
  readonly exits: readonly MappedExit[];
}

/** What a walk asks about the rest of the unit. */
export interface WalkContext {
  readonly summaries: AccessSummaries;
  api(caller: ProgramFunction, call: CallStatement): ApiFunction | undefined;
  callees(caller: ProgramFunction, call: CallStatement): readonly ProgramFunction[];
  /** Whether the function, or one that it calls, ends the device's ownership of some buffer. */
  releases(target: ProgramFunction): boolean;
  /** Whether the unit stores to the field ("record.field"), and nothing but 0. */
  isOnlyCleared(field: string): boolean;
  /** Whether the function, or one that it calls, unmaps something. */
  unmaps(target: ProgramFunction): boolean;
  /** Whether it, or one that it calls, tests handles with dma_mapping_error(). */
  checks(target: ProgramFunction): boolean;
  /** Whether it, or one that it calls, gives some buffer to the device. */
  handsBack(target: ProgramFunction): boolean;
}
