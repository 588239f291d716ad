/**
 * What rules see of one driver unit: calls with their contracts, and where values come from.
 * Everything is computed on demand, per function, and is deterministic: the same unit gives the same facts in the same order.
 * Nothing here throws; what is not known is `unknown`, never guessed.
 */
import type { ApiFunction, Effect, HandleKind, MemoryKind, Role } from "../kernel/contract.ts";
import type {
  CallStatement,
  DriverUnit,
  Expression,
  PathStep,
  Place,
  ProgramFunction,
  Statement,
  StatementId,
} from "../program/program.ts";
import type { FileSpan } from "../text/span.ts";

/** A point in the program: before the statement of that id; the end of block `block` where `statement` is -1. */
export interface Point {
  readonly function: ProgramFunction;
  readonly statement: StatementId;
  /** Only for terminators (`statement` is -1). */
  readonly block?: number;
}

/** A call whose contract the catalogue knows, and which the driver itself does not define (a private helper of the same name). */
export interface ApiCall {
  readonly function: ProgramFunction;
  readonly statement: CallStatement;
  readonly name: string;
  readonly api: ApiFunction;
  /** The first argument with the role. */
  argument(role: Role): Expression | undefined;
}

/** What an origin is: memory, a handle, or none of both. */
export type OriginKind =
  | MemoryKind
  | HandleKind
  | "null" // the constant 0, or an error pointer
  | "number" // any other constant, an arithmetic result
  | "string" // a string literal: read-only image
  | "function"
  | "unknown"; // nothing in the unit says

/** How a value was derived from its origin. `offset` is pointer arithmetic or a member of the object. */
export type Conversion =
  | "page" // virt_to_page and the like: linear-map arithmetic
  | "vmalloc-page" // vmalloc_to_page
  | "pfn"
  | "phys"
  | "frame" // dma_to_phys: the handle's true frame
  | "bus" // virt_to_bus
  | "virt" // phys_to_virt, page_address
  | "shift" // x >> PAGE_SHIFT
  | "unshift" // x << PAGE_SHIFT
  | "vmap"
  | "sg"
  | "offset"
  | "arithmetic";

/** A branch that must have been taken for the value to be this one. `key` names the condition: a canonical access path. */
export interface Guard {
  /** "field:foo_dev.use_coherent", "call:is_vmalloc_addr", "parameter:3". */
  readonly key: string;
  /** The condition as text for the equality that holds: "true", "false", "== 2", "!= 2". */
  readonly outcome: string;
}

/** One place where a value may have come to be. */
export interface Origin {
  readonly kind: OriginKind;
  /** Where it was made; undefined for subsystem facts without a call in the unit, and for unknown origins. */
  readonly birth: { readonly function: ProgramFunction; readonly statement: CallStatement } | undefined;
  /** The contract of the call that made it. */
  readonly api: ApiFunction | undefined;
  /** From the birth through stores, passes and conversions; the sink is not in it. */
  readonly path: readonly PathStep[];
  /** Conversions on the way, in order. */
  readonly conversions: readonly Conversion[];
  readonly guards: readonly Guard[];
  /** How the source calls the memory where it was last seen under a name: "buf->cpu". */
  readonly name: string;
  /** The variable, for memory of kind "stack" and "image". */
  readonly object?: FileSpan & { readonly name: string; readonly type: Place["type"] };
}

/**
 * All origins of a value at a point.
 * A context is one way to arrive there (a chain of callers): origins of different contexts exclude each other, so each context
 * is judged on its own. Within a context the set is complete: when it holds more than one kind, the value is only `may` each.
 */
export interface Value {
  readonly contexts: readonly ValueContext[];
}
export interface ValueContext {
  readonly origins: readonly Origin[];
  /** Guards that hold at the point itself, seen from this context. */
  readonly guards: readonly Guard[];
}

export interface Facts {
  readonly unit: DriverUnit;
  /** The contract of a call, unless the driver defines a function of that name itself. */
  apiOf(caller: ProgramFunction, statement: Statement): ApiFunction | undefined;
  /** Calls with an effect, by file, function and statement. */
  callsWith(...effects: readonly Effect[]): readonly ApiCall[];
  /**
   * Calls of the functions that a predicate takes, by file, function and statement. Where an effect is too many (`allocate` is
   * kmalloc() too) no function that only calls the others is looked into. The predicate must be one object, not made anew each time.
   */
  callsOf(wanted: (api: ApiFunction) => boolean): readonly ApiCall[];
  /** Calls to a name (also one that the catalogue does not know), by file, function and statement. */
  callsTo(name: string): readonly { readonly function: ProgramFunction; readonly statement: CallStatement }[];
  /** Calls to a name in one function, by statement. No other function is looked into. */
  callsIn(owner: ProgramFunction, name: string): readonly CallStatement[];
  statementOf(owner: ProgramFunction, id: StatementId): Statement | undefined;
  /** Where the value of an expression at a point comes from. */
  valueOf(point: Point, expression: Expression): Value;
  /** The expression as the source spells it, or rebuilt where it has no text of its own: "substream->runtime->dma_addr". */
  textOf(owner: ProgramFunction, expression: Expression): string;
  textOfPlace(owner: ProgramFunction, place: Place): string;
  /**
   * A name for a place that is equal for equal storage within the function, whatever local the source goes through:
   * after `rt = substream->runtime`, `rt->dma_addr` and `substream->runtime->dma_addr` have one name.
   */
  identityOf(point: Point, place: Place): string;
}
