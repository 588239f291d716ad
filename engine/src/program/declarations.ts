/**
 * What one C file declares, before any name is resolved: the first of the two phases that read a driver unit.
 */
import type { Annotation, Declarator, Expression, RecordType, Specifiers, TranslationUnit } from "../syntax/c/ast.ts";
import type { Span } from "../text/span.ts";

/** Everything a file makes visible to the files that include it. Syntax only; scope.ts gives it meaning. */
export interface FileDeclarations {
  readonly name: string;
  /** Includes as written, local ones and `<...>` ones, in order. */
  readonly includes: readonly { readonly path: string; readonly local: boolean }[];
  readonly typedefs: ReadonlyMap<string, TypedefDeclaration>;
  /** Definitions by tag. A record without a tag has the name that its owner gives it. */
  readonly records: ReadonlyMap<string, RecordDeclaration>;
  readonly enumerators: ReadonlyMap<string, EnumeratorDeclaration>;
  /** Every definition of a name: alternatives under `#if` make more than one. */
  readonly macros: ReadonlyMap<string, readonly Macro[]>;
  readonly functions: ReadonlyMap<string, FunctionDeclaration>;
  readonly globals: ReadonlyMap<string, GlobalDeclaration>;
  /** 32 bits; equal when nothing but function bodies, comments and blanks around them changed. */
  readonly hash: number;
}

export interface TypedefDeclaration {
  readonly specifiers: Specifiers;
  readonly declarator: Declarator;
}
export interface RecordDeclaration {
  readonly type: RecordType;
  /** The tag, or the made-up name of an unnamed record. */
  readonly name: string;
}
export interface EnumeratorDeclaration {
  readonly name: string;
  /** As written; absent when it is one more than `previous`. */
  readonly value?: Expression;
  readonly previous?: EnumeratorDeclaration;
  readonly enumName: string | undefined;
}
export interface FunctionDeclaration {
  readonly specifiers: Specifiers;
  readonly declarator: Declarator;
  readonly isStatic: boolean;
  readonly isDefinition: boolean;
}
export interface GlobalDeclaration extends Span {
  readonly name: string;
  readonly specifiers: Specifiers;
  readonly declarator: Declarator;
  readonly annotations: readonly Annotation[];
  readonly initializer?: Expression;
  readonly isStatic: boolean;
  readonly isExtern: boolean;
}
/** One `#define`. */
export interface Macro {
  readonly name: string;
  readonly file: string;
  /** Absent for an object-like macro. The last may be "...". */
  readonly parameters?: readonly string[];
  /** The replacement text without comments and line continuations. */
  readonly body: string;
}

/** Collects the declarations of a file. `text` is the text that `unit` was parsed from. */
export function declarationsOf(name: string, _unit: TranslationUnit, _text: string): FileDeclarations {
  return {
    name,
    includes: [],
    typedefs: new Map(),
    records: new Map(),
    enumerators: new Map(),
    macros: new Map(),
    functions: new Map(),
    globals: new Map(),
    hash: 0,
  };
}
