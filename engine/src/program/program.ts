/**
 * The program: what both readings share. A function is a control-flow graph of simple statements over access paths.
 *
 * Side effects are statements of their own: a call inside an expression becomes a call statement whose result is a temporary,
 * `a && b`, `a || b` and `?:` become branches, `i++` becomes an assignment. What is left as an expression is pure: constants,
 * loads through access paths, addresses, arithmetic. Evaluation order is left to right.
 */
import type { FileSpan } from "../text/span.ts";
import type { Mentions } from "../syntax/c/mentions.ts";
import type { Editable } from "./body-index.ts";
import type { RecordDefinition, Type } from "./types.ts";

// ---------------------------------------------------------------- access paths

/** Index of a variable in its function's `variables`. */
export type VariableId = number;

export type Root =
  | { readonly kind: "variable"; readonly id: VariableId }
  /** A file-scope object, by name; statics are resolved in the function's own file first. */
  | { readonly kind: "global"; readonly name: string };

/**
 * `p->f` is [deref, field f]; `*p` is [deref]; `a[i]` on an array is [index i]; `p[i]` on a pointer is [deref, index i],
 * so that `*p` and `p[0]` differ only in the index. `field.record` is the struct's name, or undefined where the type is unknown.
 */
export type Step =
  | { readonly kind: "deref" }
  | { readonly kind: "field"; readonly record: string | undefined; readonly name: string }
  | { readonly kind: "index"; readonly index: Expression };

/** An lvalue: a root and the steps from it. A place without a `deref` step is a variable or a part of it. */
export interface Place extends FileSpan {
  readonly root: Root;
  readonly steps: readonly Step[];
  readonly type: Type;
}

// ---------------------------------------------------------------- expressions (pure)

export type Expression =
  /** `name` is the macro or enumerator that was expanded, if one was. */
  | ({ readonly kind: "constant"; readonly value: bigint; readonly type: Type; readonly name?: string } & FileSpan)
  | ({ readonly kind: "string"; readonly text: string } & FileSpan)
  /** A name that nothing in the unit declares: `GFP_KERNEL`, `PAGE_SHIFT`, `jiffies`. kernel/ knows some of them. */
  | ({ readonly kind: "symbol"; readonly name: string } & FileSpan)
  /** A function used as a value. */
  | ({ readonly kind: "function"; readonly name: string } & FileSpan)
  /** Reads the place: a load when the place has a deref step, or its root is global. */
  | ({ readonly kind: "read"; readonly place: Place } & FileSpan)
  | ({ readonly kind: "address"; readonly place: Place } & FileSpan)
  | ({
      readonly kind: "unary";
      readonly operator: "-" | "~" | "!";
      readonly operand: Expression;
      readonly type: Type;
    } & FileSpan)
  | ({
      readonly kind: "binary";
      readonly operator: BinaryOperator;
      readonly left: Expression;
      readonly right: Expression;
      readonly type: Type;
    } & FileSpan)
  | ({ readonly kind: "cast"; readonly operand: Expression; readonly type: Type } & FileSpan)
  | ({ readonly kind: "sizeof"; readonly operand: Type } & FileSpan)
  /** A type as a macro's argument (`container_of(p, struct foo, m)`). */
  | ({ readonly kind: "type"; readonly operand: Type; readonly text: string } & FileSpan)
  /** A bare member name as a macro's argument (the `m` above), an operator, or text that was not understood. */
  | ({ readonly kind: "opaque"; readonly text: string } & FileSpan);

export type BinaryOperator =
  | "*"
  | "/"
  | "%"
  | "+"
  | "-"
  | "<<"
  | ">>"
  | "<"
  | ">"
  | "<="
  | ">="
  | "=="
  | "!="
  | "&"
  | "^"
  | "|";

// ---------------------------------------------------------------- statements

/** Unique within its function, stable for equal source text; ascending in source order. */
export type StatementId = number;

export type Statement =
  /** Also an initialiser; an aggregate initialiser is a `zero` and then one assignment per element. */
  | ({
      readonly kind: "assign";
      readonly id: StatementId;
      readonly target: Place;
      readonly value: Expression;
    } & FileSpan)
  /** All bytes of the place become 0: `= {}` and what an aggregate initialiser does not name. */
  | ({ readonly kind: "zero"; readonly id: StatementId; readonly target: Place } & FileSpan)
  | CallStatement
  /** Evaluates and drops: `(void)x;`, or the value of a comma's left side. */
  | ({ readonly kind: "evaluate"; readonly id: StatementId; readonly value: Expression } & FileSpan)
  /** A declaration without an initialiser: the variable begins to live here with an unknown value. */
  | ({ readonly kind: "declare"; readonly id: StatementId; readonly variable: VariableId } & FileSpan)
  /** Code that was not understood, or asm: forgets whatever it could have changed. A gap is recorded except for asm. */
  | ({ readonly kind: "opaque"; readonly id: StatementId; readonly text: string } & FileSpan);

export interface CallStatement extends FileSpan {
  readonly kind: "call";
  readonly id: StatementId;
  readonly callee:
    | { readonly kind: "direct"; readonly name: string }
    /** Through a function pointer: the place is `ops->mmap` and the like. */
    | { readonly kind: "indirect"; readonly target: Expression };
  /** Span of the callee's name (a finding underlines it). */
  readonly calleeSpan: FileSpan;
  readonly arguments: readonly Expression[];
  /** Where the result goes; undefined when it is dropped. */
  readonly result?: Place;
  /** Type of the result where the callee's declaration is visible. */
  readonly type: Type;
  /** Not written as a call: the cleanup of `__free(kfree)` or `guard()` at the end of a scope. */
  readonly implicit?: boolean;
  /** The macro whose expansion holds this call, if it is a macro of the file. Spans then are those of the macro's use. */
  readonly macro?: string;
}

export type BlockId = number;
export type Terminator =
  | ({ readonly kind: "jump"; readonly target: BlockId } & FileSpan)
  | ({
      readonly kind: "branch";
      readonly condition: Expression;
      readonly then: BlockId;
      readonly otherwise: BlockId;
    } & FileSpan)
  | ({
      readonly kind: "switch";
      readonly value: Expression;
      readonly cases: readonly { readonly low: Expression; readonly high?: Expression; readonly target: BlockId }[];
      readonly default: BlockId;
    } & FileSpan)
  | ({ readonly kind: "return"; readonly value?: Expression } & FileSpan)
  /** The arms of a balanced `#if`: any one is taken, the same one wherever `condition` is the same text. */
  | ({
      readonly kind: "choice";
      readonly arms: readonly { readonly condition: string | undefined; readonly target: BlockId }[];
    } & FileSpan)
  /** A macro loop: `for_each_sg(sgl, sg, n, i)`. Each round first sets the places in `assigns`, or the loop ends. */
  | ({
      readonly kind: "iterate";
      readonly macro: string;
      readonly arguments: readonly Expression[];
      readonly assigns: readonly Place[];
      readonly body: BlockId;
      readonly exit: BlockId;
    } & FileSpan)
  /** Control does not come here: after a call that never returns. */
  | ({ readonly kind: "unreachable" } & FileSpan);

export interface Block {
  readonly id: BlockId;
  readonly statements: readonly Statement[];
  readonly terminator: Terminator;
}

// ---------------------------------------------------------------- functions and files

export interface Variable {
  readonly id: VariableId;
  readonly name: string;
  readonly kind: "parameter" | "local" | "static" | "temporary";
  readonly type: Type;
  readonly start: number;
  readonly end: number;
  readonly annotations: readonly string[];
}

export interface ProgramFunction extends FileSpan, Editable {
  readonly name: string;
  readonly nameSpan: FileSpan;
  readonly isStatic: boolean;
  readonly result: Type;
  /** In order; each is in `variables` with kind "parameter". */
  readonly parameters: readonly VariableId[];
  readonly variables: readonly Variable[];
  /** Indexed by BlockId; the entry is block 0. Every block is reachable from it, except in code after a `return`. */
  readonly blocks: readonly Block[];
  /** Equal for equal tokens: the key of per-function caches. */
  readonly hash: number;
  readonly annotations: readonly string[];
  /** The language it was written in. */
  readonly language: "c" | "typescript";
  /** The names that occur in it; absent where they are not known. Nothing is lowered to tell. */
  readonly mentions?: Mentions | undefined;
  /** What lowering it did not understand; the file's gaps hold them too. */
  readonly gaps?: readonly Gap[];
}

/** A file-scope object. */
export interface GlobalVariable extends FileSpan {
  readonly name: string;
  readonly type: Type;
  readonly isStatic: boolean;
  readonly annotations: readonly string[];
}

/** A table of functions: a global (or an assignment `x->ops.f = g`) whose fields hold functions of the unit. */
export interface OpsTable extends FileSpan {
  /** The struct's name: "file_operations", "snd_pcm_ops", "vm_operations_struct"; undefined where it is not known. */
  readonly record: string | undefined;
  /** The global's name. */
  readonly name: string;
  readonly entries: readonly {
    readonly field: string;
    readonly value: string;
    readonly start: number;
    readonly end: number;
  }[];
}

/** Lines that were not understood, wherever that was found out. */
export interface Gap extends FileSpan {
  readonly reason: string;
  readonly function?: string;
}

/** One file, lowered. */
export interface ProgramFile {
  readonly name: string;
  readonly text: string;
  readonly language: "c" | "typescript";
  readonly functions: readonly ProgramFunction[];
  readonly globals: readonly GlobalVariable[];
  readonly opsTables: readonly OpsTable[];
  readonly gaps: readonly Gap[];
  /** The gaps of its syntax alone: those that are known before any function is lowered. */
  readonly syntaxGaps?: readonly Gap[];
  /** The tables of its globals alone, where its functions are not lowered yet. */
  readonly globalTables?: readonly OpsTable[];
  /** Local includes as written. */
  readonly includes: readonly string[];
}

/**
 * A driver unit: the files of a folder and the headers that they include, as one program.
 * Functions that are `static` belong to their file; `functionNamed` finds the one that a name means in a file.
 */
export interface DriverUnit {
  readonly files: ReadonlyMap<string, ProgramFile>;
  readonly records: ReadonlyMap<string, RecordDefinition>;
  readonly functions: readonly ProgramFunction[];
  readonly opsTables: readonly OpsTable[];
  readonly gaps: readonly Gap[];
  /** The definition that `name` means when it is called in `file`, if it is in the unit. */
  functionNamed(name: string, file: string): ProgramFunction | undefined;
  globalNamed(name: string, file: string): GlobalVariable | undefined;
  /**
   * Functions in which a call of the name, a store to a member or global of the name, or a use of the function of that name can
   * occur, in the unit's order: by the names that they hold and by macros. All functions that do are among them.
   */
  functionsMentioning(name: string): readonly ProgramFunction[];
  /** Functions that can hold a store to a member or global of the name, in the unit's order: also brace lists that do not name it. */
  functionsStoring(name: string): readonly ProgramFunction[];
  /** An answer that was made by looking for the word in the files' texts says so here; names in functions are told by `functionsMentioning`. */
  noteWord?(word: string): void;
  /** The gaps of the files' syntax, and of lowering the functions that hold one of the names. */
  gapsAround(names: Iterable<string>): readonly Gap[];
  /** Direct calls within the unit, and calls through ops tables whose (record, field) has entries. */
  callersOf(target: ProgramFunction): readonly CallSite[];
  calleesOf(
    caller: ProgramFunction,
  ): readonly { readonly statement: CallStatement; readonly target: ProgramFunction }[];
  /** The functions that have such calls of the target: cheaper than the calls where only they matter, and more stable. */
  callingFunctions(target: ProgramFunction): ReadonlySet<ProgramFunction>;
  calledFunctions(caller: ProgramFunction): ReadonlySet<ProgramFunction>;
}
export interface CallSite {
  readonly caller: ProgramFunction;
  readonly statement: CallStatement;
}

/** One step of a finding's path, as the analyser saw it and as the simulator executes it. */
export interface PathStep extends FileSpan {
  readonly function: string;
  /** The statement in that function, or -1 for a terminator (see `block`). */
  readonly statement: StatementId;
  readonly role: PathRole;
  /** For people: "allocated here", "handle stored in buf->dma here". No capital, no full stop. */
  readonly note: string;
}
/** What happens to the memory at a step. `sink` is the finding itself and comes last. */
export type PathRole = "allocate" | "map" | "sync" | "unmap" | "store" | "load" | "pass" | "protect" | "sink";
