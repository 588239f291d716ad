/** The nodes of types and declarators. Part of `ast.ts`, through which all others import them. */
import type { CallExpression, Expression } from "./ast-expressions.ts";
import type { Span } from "../../text/span.ts";

/** A word that decorates a declaration and is kept as a fact: `__iomem`, `__user`, `__free(kfree)`, `__aligned(64)`. */
export interface Annotation extends Span {
  readonly name: string;
  /** The text between the parentheses, when there are any. */
  readonly argument?: string;
}

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
