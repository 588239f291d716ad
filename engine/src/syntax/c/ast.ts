/**
 * The syntax tree of un-preprocessed kernel C.
 * Nodes are plain objects, discriminated by `kind`, with UTF-16 offsets into the file. The tree keeps what the program
 * (../../program) needs and drops white space and comments. Nothing here knows what a name means.
 */
import type { Mentions } from "./mentions.ts";
import type { Span } from "../../text/span.ts";

/** A word that decorates a declaration and is kept as a fact: `__iomem`, `__user`, `__free(kfree)`, `__aligned(64)`. */
export interface Annotation extends Span {
  readonly name: string;
  /** The text between the parentheses, when there are any. */
  readonly argument?: string;
}

// ---------------------------------------------------------------- expressions

export type Expression =
  | Identifier
  | NumberLiteral
  | StringLiteral
  | CharLiteral
  | CallExpression
  | MemberExpression
  | IndexExpression
  | UnaryExpression
  | PostfixExpression
  | BinaryExpression
  | AssignExpression
  | ConditionalExpression
  | CastExpression
  | CompoundLiteral
  | SizeofExpression
  | StatementExpression
  | CommaExpression
  | InitializerList
  | TypeArgument
  | OperatorArgument
  | LabelAddress
  | UnknownExpression;

export interface Identifier extends Span {
  readonly kind: "identifier";
  readonly name: string;
}
/** `text` as spelled, suffixes included. */
export interface NumberLiteral extends Span {
  readonly kind: "number";
  readonly text: string;
}
/** Adjacent string literals, and identifiers between them (`KERN_ERR PFX "x"`), joined into one node. */
export interface StringLiteral extends Span {
  readonly kind: "string";
}
export interface CharLiteral extends Span {
  readonly kind: "char";
  readonly text: string;
}
export interface CallExpression extends Span {
  readonly kind: "call";
  readonly callee: Expression;
  readonly arguments: readonly Expression[];
  /** Offset of the opening parenthesis. */
  readonly open: number;
}
export interface MemberExpression extends Span {
  readonly kind: "member";
  readonly object: Expression;
  readonly name: string;
  /** Offset of the member's name. */
  readonly nameStart: number;
  readonly arrow: boolean;
}
export interface IndexExpression extends Span {
  readonly kind: "index";
  readonly object: Expression;
  readonly index: Expression;
}
export interface UnaryExpression extends Span {
  readonly kind: "unary";
  readonly operator: "&" | "*" | "+" | "-" | "~" | "!" | "++" | "--";
  readonly operand: Expression;
}
export interface PostfixExpression extends Span {
  readonly kind: "postfix";
  readonly operator: "++" | "--";
  readonly operand: Expression;
}
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
  | "|"
  | "&&"
  | "||";
export interface BinaryExpression extends Span {
  readonly kind: "binary";
  readonly operator: BinaryOperator;
  readonly left: Expression;
  readonly right: Expression;
}
/** `operator` is "=" or the compound operator's binary part ("+" for `+=`). */
export interface AssignExpression extends Span {
  readonly kind: "assign";
  readonly operator: "=" | BinaryOperator;
  readonly target: Expression;
  readonly value: Expression;
}
/** `then` is absent in GNU `a ?: b`. */
export interface ConditionalExpression extends Span {
  readonly kind: "conditional";
  readonly test: Expression;
  readonly then?: Expression;
  readonly otherwise: Expression;
}
export interface CastExpression extends Span {
  readonly kind: "cast";
  readonly type: TypeName;
  readonly operand: Expression;
}
export interface CompoundLiteral extends Span {
  readonly kind: "compound-literal";
  readonly type: TypeName;
  readonly value: InitializerList;
}
export interface SizeofExpression extends Span {
  readonly kind: "sizeof";
  readonly operator: "sizeof" | "alignof" | "typeof";
  readonly operand: Expression | TypeName;
}
export interface StatementExpression extends Span {
  readonly kind: "statement-expression";
  readonly body: CompoundStatement;
}
export interface CommaExpression extends Span {
  readonly kind: "comma";
  readonly items: readonly Expression[];
}
export interface InitializerList extends Span {
  readonly kind: "initializer-list";
  readonly items: readonly InitializerItem[];
}
export interface InitializerItem extends Span {
  readonly designators: readonly Designator[];
  readonly value: Expression;
}
export type Designator =
  | { readonly kind: "field"; readonly name: string; readonly start: number; readonly end: number }
  | { readonly kind: "index"; readonly low: Expression; readonly high?: Expression };
/** A type as a macro's argument: `container_of(p, struct foo, m)`, `min_t(unsigned int, ..)`. */
export interface TypeArgument extends Span {
  readonly kind: "type-argument";
  readonly type: TypeName;
}
/** An operator as a macro's argument: `CHECK(a, ==, b)`. */
export interface OperatorArgument extends Span {
  readonly kind: "operator-argument";
  readonly text: string;
}
export interface LabelAddress extends Span {
  readonly kind: "label-address";
  readonly name: string;
}
/** Text that was not understood. The parser has also recorded a gap. */
export interface UnknownExpression extends Span {
  readonly kind: "unknown";
}

// ---------------------------------------------------------------- types and declarators

export interface TypeName extends Span {
  readonly kind: "type-name";
  readonly specifiers: Specifiers;
  readonly declarator: Declarator;
}

export interface Specifiers extends Span {
  /** `static`, `extern`, `typedef`, `inline`, `register`, ... in the order written. */
  readonly storage: readonly string[];
  readonly qualifiers: readonly ("const" | "volatile" | "restrict" | "atomic")[];
  readonly base: BaseType;
  readonly annotations: readonly Annotation[];
}

export type BaseType =
  | {
      readonly kind: "builtin" /** Normalised: "unsigned int", "long long", "char", "void", "_Bool". */;
      readonly name: string;
    }
  | { readonly kind: "named"; readonly name: string }
  | RecordType
  | EnumType
  | { readonly kind: "typeof"; readonly operand: Expression | TypeName }
  /** Implicit int, or a specifier that was not understood. */
  | { readonly kind: "missing" };

export interface RecordType extends Span {
  readonly kind: "record";
  readonly tag: "struct" | "union";
  readonly name?: string;
  /** Present in a definition. Arms of `#if` are flattened: every alternative's fields are listed. */
  readonly fields?: readonly FieldDeclaration[];
  readonly annotations: readonly Annotation[];
}
export interface FieldDeclaration extends Span {
  readonly specifiers: Specifiers;
  /** Empty for an anonymous struct or union. */
  readonly declarators: readonly FieldDeclarator[];
  /** A macro in a field's place, as `DEFINE_DMA_UNMAP_ADDR(dma);` or `DECLARE_BITMAP(x, 3);`. */
  readonly macro?: CallExpression;
}
export interface FieldDeclarator extends Span {
  readonly declarator: Declarator;
  readonly bits?: Expression;
  readonly annotations: readonly Annotation[];
}
export interface EnumType extends Span {
  readonly kind: "enum";
  readonly name?: string;
  readonly enumerators?: readonly {
    readonly name: string;
    readonly value?: Expression;
    readonly start: number;
    readonly end: number;
  }[];
}

/** Read from the inside out: the innermost is a name (or abstract), each wrapper says what the inner one is. */
export type Declarator =
  | { readonly kind: "name"; readonly name: string; readonly start: number; readonly end: number }
  | { readonly kind: "abstract" }
  | {
      readonly kind: "pointer";
      readonly inner: Declarator;
      readonly qualifiers: readonly string[];
      readonly annotations: readonly Annotation[];
    }
  | { readonly kind: "array"; readonly inner: Declarator; readonly length?: Expression }
  | {
      readonly kind: "function";
      readonly inner: Declarator;
      readonly parameters: readonly ParameterDeclaration[];
      readonly variadic: boolean;
    };

export interface ParameterDeclaration extends Span {
  readonly specifiers: Specifiers;
  readonly declarator: Declarator;
  readonly annotations: readonly Annotation[];
}

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
