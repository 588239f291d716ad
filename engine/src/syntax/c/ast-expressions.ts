/** The nodes of expressions. Part of `ast.ts`, through which all others import them. */
import type { CompoundStatement } from "./ast.ts";
import type { TypeName } from "./ast-types.ts";
import type { Span } from "../../text/span.ts";

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
