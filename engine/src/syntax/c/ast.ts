/**
 * The syntax tree of un-preprocessed kernel C: statements and file scope here, expressions and types beside.
 * Nodes are plain objects, discriminated by `kind`, with UTF-16 offsets into the file. The tree keeps what the program
 * (../../program) needs and drops white space and comments. Nothing here knows what a name means.
 */
import type { CallExpression, Expression } from "./ast-expressions.ts";
import type { Annotation, Declarator, Specifiers } from "./ast-types.ts";
import type { Mentions } from "./mentions.ts";
import type { Span } from "../../text/span.ts";

export type * from "./ast-expressions.ts";
export type * from "./ast-types.ts";

// ---------------------------------------------------------------- statements

export type Statement =
  | CompoundStatement
  | ExpressionStatement
  | Declaration
  | IfStatement
  | LoopStatement
  | ForStatement
  | MacroStatement
  | SwitchStatement
  | CaseLabel
  | LabelStatement
  | GotoStatement
  | JumpStatement
  | ReturnStatement
  | AsmStatement
  | EmptyStatement
  | ConditionalGroup<Statement>
  | UnknownStatement;

export interface CompoundStatement extends Span {
  readonly kind: "compound";
  readonly body: readonly Statement[];
}
export interface ExpressionStatement extends Span {
  readonly kind: "expression";
  readonly expression: Expression;
}
export interface Declaration extends Span {
  readonly kind: "declaration";
  readonly specifiers: Specifiers;
  readonly declarators: readonly InitDeclarator[];
}
export interface InitDeclarator extends Span {
  readonly declarator: Declarator;
  readonly initializer?: Expression;
  /** `__free(kfree)`, `__aligned(8)`, `__maybe_unused` after the name. */
  readonly annotations: readonly Annotation[];
}
export interface IfStatement extends Span {
  readonly kind: "if";
  readonly test: Expression;
  readonly then: Statement;
  readonly otherwise?: Statement;
}
export interface LoopStatement extends Span {
  readonly kind: "while" | "do-while";
  readonly test: Expression;
  readonly body: Statement;
}
export interface ForStatement extends Span {
  readonly kind: "for";
  readonly init?: Expression | Declaration;
  readonly test?: Expression;
  readonly update?: Expression;
  readonly body: Statement;
}
/** A macro call that governs a statement: `list_for_each_entry(a, b, c) { .. }`, `scoped_guard(mutex, &l) { .. }`. */
export interface MacroStatement extends Span {
  readonly kind: "macro-statement";
  readonly call: CallExpression;
  readonly body: Statement;
}
export interface SwitchStatement extends Span {
  readonly kind: "switch";
  readonly value: Expression;
  readonly body: Statement;
}
/** A case or default label and nothing else: the labelled statements follow as siblings. */
export interface CaseLabel extends Span {
  readonly kind: "case" /** Absent for `default:`. */;
  readonly low?: Expression;
  readonly high?: Expression;
}
/** A goto label and nothing else: the labelled statement follows as a sibling. */
export interface LabelStatement extends Span {
  readonly kind: "label";
  readonly name: string;
}
/** `target` for a computed goto, `name` else. */
export interface GotoStatement extends Span {
  readonly kind: "goto";
  readonly name?: string;
  readonly target?: Expression;
}
export interface JumpStatement extends Span {
  readonly kind: "break" | "continue";
}
export interface ReturnStatement extends Span {
  readonly kind: "return";
  readonly value?: Expression;
}
export interface AsmStatement extends Span {
  readonly kind: "asm";
}
export interface EmptyStatement extends Span {
  readonly kind: "empty";
}
/** Text that was not understood. The parser has also recorded a gap. */
export interface UnknownStatement extends Span {
  readonly kind: "unknown";
}

/** A balanced `#if` group around whole statements or declarations: the arms are alternatives. */
export interface ConditionalGroup<T> extends Span {
  readonly kind: "conditional-group";
  readonly arms: readonly ConditionalArm<T>[];
  /** False when there is no `#else`: then "none of them" is an alternative as well. */
  readonly exhaustive: boolean;
}
export interface ConditionalArm<T> extends Span {
  /** The directive's text after `#if`/`#elif` (`#ifdef X` is "defined(X)"); undefined for `#else`. Arms that the file itself rules out, as by `#if 0`, are not kept. */
  readonly condition?: string;
  readonly body: readonly T[];
}

// ---------------------------------------------------------------- the file

export type TopLevel =
  | FunctionDefinition
  | Declaration
  | MacroDefinition
  | IncludeDirective
  | MacroInvocation
  | ConditionalGroup<TopLevel>
  | UnknownTopLevel;

export interface FunctionDefinition extends Span {
  readonly kind: "function";
  readonly specifiers: Specifiers;
  readonly declarator: Declarator;
  readonly name: string;
  readonly nameSpan: Span;
  readonly annotations: readonly Annotation[];
  readonly body: CompoundStatement;
  /**
   * 32-bit hash of the definition's tokens: equal text but for white space and comments gives an equal hash. Worked out
   * when it is first read, as the names are: read neither before it is needed.
   */
  readonly tokenHash: number;
  /** The names that occur in it; absent where they are not known. */
  readonly mentions?: Mentions;
}
export interface MacroDefinition extends Span {
  readonly kind: "define";
  readonly name: string;
  /** Absent for an object-like macro. */
  readonly parameters?: readonly string[];
  /** The replacement text's span; line continuations and comments are still in it. */
  readonly body: Span;
}
export interface IncludeDirective extends Span {
  readonly kind: "include";
  readonly path: string /** `"x.h"` rather than `<x.h>`. */;
  readonly local: boolean;
}
/** `module_init(x);`, `MODULE_LICENSE("GPL")`, `DEFINE_MUTEX(m);`, `static DEFINE_SPINLOCK(l);` at file scope. */
export interface MacroInvocation extends Span {
  readonly kind: "macro-invocation";
  readonly call: CallExpression;
  readonly storage: readonly string[];
}
export interface UnknownTopLevel extends Span {
  readonly kind: "unknown";
}

/** Lines that were not understood. */
export interface SyntaxGap extends Span {
  readonly reason: string;
  /** Name of the function that holds it, if any. */
  readonly function?: string;
}

export interface TranslationUnit {
  readonly kind: "translation-unit";
  readonly items: readonly TopLevel[];
  readonly gaps: readonly SyntaxGap[];
}
