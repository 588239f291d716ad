/**
 * The state of lowering one function: blocks under construction, variables, lexical scopes with their clean-ups, and the
 * frame of the macro whose body is being lowered.
 */
import type { Expression as Syntax, RecordType, Statement as SyntaxStatement } from "../syntax/c/ast.ts";
import type { FileSpan, Span } from "../text/span.ts";
import { evaluateConstant } from "./constant-expressions.ts";
import { arrangeBlocks, BlockDraft } from "./block-draft.ts";
import type { Macro } from "./declarations.ts";
import { typeOfSyntax } from "./infer-type.ts";
import type {
  Block,
  CallStatement,
  Expression,
  Gap,
  Place,
  Statement,
  Terminator,
  Variable,
  VariableId,
} from "./program.ts";
import type { Scope } from "./scope.ts";
import { resolveTypeName, type TypeContext } from "./type-resolver.ts";
import type { Type } from "./types.ts";

/** The expansion of a macro. Parameters are closures: the argument with the frame that it was written in. */
export interface Frame {
  /** The macro at the use in the source, also for macros inside macros. */
  readonly macro: string;
  /** The macro whose body this is. */
  readonly name: string;
  readonly span: Span;
  /** The text that spans of the body's nodes refer to. */
  readonly text: string;
  readonly parameters: ReadonlyMap<string, Closure>;
  readonly outer: Frame | undefined;
  /** The statement that a loop macro of the file governs. */
  readonly governed?: { readonly statement: SyntaxStatement; readonly frame: Frame | undefined };
}
export interface Closure {
  readonly expression: Syntax;
  readonly frame: Frame | undefined;
}

/** What leaving a scope calls. */
export interface CleanUp extends FileSpan {
  readonly callee: string;
  readonly arguments: readonly Expression[];
}
export interface LexicalScope {
  readonly node: object;
  readonly names: Map<string, VariableId>;
  readonly cleanUps: CleanUp[];
}

/** Where `break` and `continue` lead, and how many scopes are open there. */
export interface JumpContext {
  readonly breakTo: BlockDraft;
  readonly continueTo: BlockDraft | undefined;
  readonly depth: number;
}
export interface SwitchContext {
  readonly cases: { low: Expression; high?: Expression; target: BlockDraft }[];
  default: BlockDraft | undefined;
}
export interface Label {
  readonly block: BlockDraft;
  /** The scopes around the label, outermost first; undefined when it was not found beforehand. */
  readonly chain: readonly object[] | undefined;
  readonly start: number;
}

/** Depth of nested syntax that is lowered; what is deeper becomes opaque. */
export const nestingLimit = 400;
/** Macro expansions per function; beyond it macros stay calls. */
const expansionLimit = 4000;

export class FunctionBuilder implements TypeContext {
  readonly scope: Scope;
  readonly file: string;
  readonly text: string;
  readonly functionName: string;
  /** The definition's span. */
  readonly start: number;
  readonly end: number;
  readonly gaps: Gap[] = [];
  readonly variables: Variable[] = [];
  readonly scopes: LexicalScope[] = [];
  readonly jumps: JumpContext[] = [];
  readonly switches: SwitchContext[] = [];
  readonly labels = new Map<string, Label>();
  /** Where statements go; undefined after a jump, until a statement needs a block. */
  current: BlockDraft | undefined;
  frame: Frame | undefined;
  depth = 0;
  readonly #blocks: BlockDraft[] = [];
  #nextStatement = 0;
  #temporaries = 0;
  #expansions = 0;

  constructor(file: string, text: string, definition: Span & { readonly name: string }, scope: Scope) {
    this.file = file;
    this.text = text;
    this.functionName = definition.name;
    this.start = definition.start;
    this.end = definition.end;
    this.scope = scope;
    this.place(this.newBlock());
  }

  // ------------------------------------------------------------- blocks

  newBlock(): BlockDraft {
    return new BlockDraft();
  }

  /** From here on statements go into `block`; control falls into it. */
  place(block: BlockDraft, at?: FileSpan): void {
    if (this.current !== undefined && at !== undefined) this.terminate({ kind: "jump", target: 0, ...at }, [block]);
    block.order = this.#blocks.length;
    this.#blocks.push(block);
    this.current = block;
  }

  /** Like `place`, for a block that only jumps lead to: when there are none, what follows is unreachable and makes no block. */
  placeTarget(block: BlockDraft, at: FileSpan): void {
    if (this.current === undefined && !block.referenced) return;
    this.place(block, at);
  }

  /** Ends the current block. `targets` are the blocks that the terminator names, in the order of its fields. */
  terminate(terminator: Terminator, targets: readonly BlockDraft[] = []): void {
    const block = this.#open();
    block.terminator = terminator;
    block.targets = targets;
    for (const target of targets) target.referenced = true;
    this.current = undefined;
  }

  jump(target: BlockDraft, at: FileSpan): void {
    if (this.current !== undefined) this.terminate({ kind: "jump", target: 0, ...at }, [target]);
  }

  branch(condition: Expression, then: BlockDraft, otherwise: BlockDraft, at: FileSpan): void {
    if (condition.kind === "constant") {
      this.terminate({ kind: "jump", target: 0, ...at }, [condition.value === 0n ? otherwise : then]);
      return;
    }
    this.terminate({ kind: "branch", condition, then: 0, otherwise: 0, ...at }, [then, otherwise]);
  }

  /** The finished graph. `at` is where control falls off the end. */
  finish(at: FileSpan): Block[] {
    if (this.current !== undefined) this.terminate({ kind: "return", ...at });
    return arrangeBlocks(this.#blocks, at);
  }

  #open(): BlockDraft {
    if (this.current === undefined) this.place(this.newBlock());
    return this.current ?? this.newBlock();
  }

  // ------------------------------------------------------------- statements

  emit(statement: WithoutId): void {
    // The id is put first so that all statements of a kind have one shape.
    this.#open().statements.push({ ...statement, id: this.#nextStatement++ });
  }

  assign(target: Place, value: Expression, at: FileSpan): void {
    this.emit({ kind: "assign", target, value, file: at.file, start: at.start, end: at.end });
  }

  call(call: Omit<CallStatement, "kind" | "id">): void {
    this.emit({ kind: "call", ...call, ...(this.frame === undefined ? {} : { macro: this.frame.macro }) });
  }

  /** Code that was not understood. With a reason it is a gap; the parser has recorded its own already. */
  opaque(node: Span, reason?: string): void {
    const at = this.span(node);
    const text = this.textOf(node);
    this.emit({ kind: "opaque", text: text.length > 200 ? `${text.slice(0, 200)}...` : text, ...at });
    if (reason !== undefined) this.gaps.push({ reason, function: this.functionName, ...at });
  }

  // ------------------------------------------------------------- spans and text

  /** The node's span in the file; inside a macro's body the span of the macro's use. */
  span(node: Span): FileSpan {
    const from = this.frame?.span ?? node;
    return { file: this.file, start: from.start, end: from.end };
  }

  /** The node as written, in the file or in the macro's body. */
  textOf(node: Span): string {
    return (this.frame?.text ?? this.text).slice(node.start, node.end);
  }

  // ------------------------------------------------------------- variables

  addVariable(
    name: string,
    kind: Variable["kind"],
    type: Type,
    at: Span,
    annotations: readonly string[] = [],
  ): VariableId {
    const id = this.variables.length;
    this.variables.push({ id, name, kind, type, start: at.start, end: at.end, annotations });
    return id;
  }

  /** Declares a name in the innermost scope. A second declaration in one scope (the arms of an `#if`) is the same variable. */
  declare(name: string, kind: Variable["kind"], type: Type, at: Span, annotations: readonly string[] = []): VariableId {
    const names = this.scopes.at(-1)?.names;
    const earlier = names?.get(name);
    if (earlier !== undefined) return earlier;
    const id = this.addVariable(name, kind, type, at, annotations);
    names?.set(name, id);
    return id;
  }

  lookUp(name: string): VariableId | undefined {
    for (let i = this.scopes.length - 1; i >= 0; i--) {
      const id = this.scopes[i]?.names.get(name);
      if (id !== undefined) return id;
    }
    return undefined;
  }

  variablePlace(id: VariableId, at: FileSpan): Place {
    const type: Type = this.variables[id]?.type ?? { kind: "unknown" };
    return { root: { kind: "variable", id }, steps: [], type, file: at.file, start: at.start, end: at.end };
  }

  temporary(type: Type, at: FileSpan): Place {
    this.#temporaries++;
    return this.variablePlace(this.addVariable(`$${this.#temporaries}`, "temporary", type, at), at);
  }

  // ------------------------------------------------------------- scopes

  openScope(node: object): void {
    this.scopes.push({ node, names: new Map(), cleanUps: [] });
  }

  /** Leaves the innermost scope at its end: control falls out of it through the clean-ups. */
  closeScope(): void {
    const scope = this.scopes.at(-1);
    if (this.current !== undefined && scope !== undefined) this.#runCleanUps(scope.cleanUps, () => true);
    this.scopes.pop();
  }

  /** The clean-ups of the scopes that lie deeper than `depth`, innermost first: what a jump out of them does. */
  cleanUpTo(depth: number): void {
    for (let i = this.scopes.length - 1; i >= depth; i--) this.#runCleanUps(this.scopes[i]?.cleanUps ?? [], () => true);
  }

  /** The clean-ups that a goto to the label does: scopes that it leaves, and what was declared after the label. */
  cleanUpForGoto(label: Label): void {
    if (label.chain === undefined) return;
    let shared = 0;
    while (shared < this.scopes.length && this.scopes[shared]?.node === label.chain[shared]) shared++;
    this.cleanUpTo(shared);
    for (let i = shared - 1; i >= 0; i--) {
      this.#runCleanUps(this.scopes[i]?.cleanUps ?? [], (one) => one.start > label.start);
    }
  }

  get hasCleanUps(): boolean {
    return this.scopes.some((scope) => scope.cleanUps.length > 0);
  }

  #runCleanUps(cleanUps: readonly CleanUp[], wanted: (one: CleanUp) => boolean): void {
    for (let i = cleanUps.length - 1; i >= 0; i--) {
      const one = cleanUps[i];
      if (one === undefined || !wanted(one)) continue;
      const at: FileSpan = { file: one.file, start: one.start, end: one.end };
      this.emit({
        kind: "call",
        callee: { kind: "direct", name: one.callee },
        calleeSpan: at,
        arguments: one.arguments,
        type: { kind: "void" },
        implicit: true,
        ...at,
      });
    }
  }

  // ------------------------------------------------------------- macros

  /** The macro to expand at a use, or undefined: not one, being expanded already, or too many expansions. */
  macro(name: string): Macro | undefined {
    if (this.lookUp(name) !== undefined) return undefined;
    const macro = this.scope.macroNamed(name);
    if (macro === undefined) return undefined;
    for (let frame = this.frame; frame !== undefined; frame = frame.outer) if (frame.name === name) return undefined;
    if (this.#expansions >= expansionLimit) return undefined;
    this.#expansions++;
    return macro;
  }

  /** Runs `action` inside the expansion of `macro` used at `node`. */
  inMacro<T>(
    macro: Macro,
    text: string,
    node: Span,
    args: readonly Syntax[],
    action: () => T,
    governed?: SyntaxStatement,
  ): T {
    const outer = this.frame;
    const parameters = new Map<string, Closure>();
    macro.parameters?.forEach((parameter, i) => {
      const expression = args[i];
      if (expression !== undefined) parameters.set(parameter, { expression, frame: outer });
    });
    this.frame = {
      macro: outer?.macro ?? macro.name,
      name: macro.name,
      span: outer?.span ?? { start: node.start, end: node.end },
      text,
      parameters,
      outer,
      ...(governed === undefined ? {} : { governed: { statement: governed, frame: outer } }),
    };
    try {
      return action();
    } finally {
      this.frame = outer;
    }
  }

  /** Runs `action` in the frame of a closure. */
  inFrame<T>(frame: Frame | undefined, action: () => T): T {
    const saved = this.frame;
    this.frame = frame;
    try {
      return action();
    } finally {
      this.frame = saved;
    }
  }

  parameter(name: string): Closure | undefined {
    return this.frame?.parameters.get(name);
  }

  /** A member's name, which may be a macro's parameter. */
  memberName(name: string): string {
    let closure = this.parameter(name);
    let result = name;
    for (let i = 0; i < 32 && closure?.expression.kind === "identifier"; i++) {
      result = closure.expression.name;
      closure = closure.frame?.parameters.get(result);
    }
    return result;
  }

  // ------------------------------------------------------------- types

  typedefNamed(name: string): Type | undefined {
    const closure = this.parameter(name);
    if (closure === undefined) return this.scope.typedefNamed(name);
    const { expression } = closure;
    return this.inFrame(closure.frame, () => {
      if (expression.kind === "type-argument") return resolveTypeName(expression.type, this);
      return expression.kind === "identifier" ? this.typedefNamed(expression.name) : undefined;
    });
  }
  recordName(tag: string): string {
    return this.scope.recordName(this.memberName(tag));
  }
  nameOfUnnamed(record: RecordType): string {
    return this.scope.nameOfUnnamed(record);
  }
  constantOf(expression: Syntax): bigint | undefined {
    return evaluateConstant(expression, {
      identifier: (name) => {
        const closure = this.parameter(name);
        if (closure !== undefined) return this.inFrame(closure.frame, () => this.constantOf(closure.expression));
        if (this.lookUp(name) !== undefined) return undefined;
        return this.scope.constantOf({ kind: "identifier", name, start: 0, end: 0 });
      },
      macro: (name) => this.scope.macroNamed(name),
      types: this,
    });
  }
  typeOfExpression(expression: Syntax): Type {
    return typeOfSyntax(this, expression);
  }
}

type WithoutId = Statement extends infer S ? (S extends Statement ? Omit<S, "id"> : never) : never;
