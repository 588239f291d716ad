/** What one snippet declares, and what its names mean where. */
import type { Expression, SyntaxGap, TopLevel } from "../../syntax/c/ast.ts";
import { kernelModule, type SnippetSyntax, type ts, type TypeScript } from "../../syntax/typescript/parse.ts";
import type { Span } from "../../text/span.ts";
import { coreRecordSource } from "../core-records.ts";
import { declarationsOf, type FileDeclarations } from "../declarations.ts";
import { linkScopes, type Scope } from "../scope.ts";
import { scalarType } from "../scalar-types.ts";
import {
  bigintType,
  booleanType,
  fromProgramType,
  isValueType,
  numberType,
  type SnippetType,
  stringType,
  unknownSnippetType,
  voidPointerType,
} from "./snippet-types.ts";

/** A name in a scope of the snippet. */
export interface Binding {
  readonly type: SnippetType;
  /** The object or cell lies where it is declared: naming it means its address. */
  readonly inPlace: boolean;
}

export interface RecordShape {
  readonly name: string;
  readonly fields: ReadonlyMap<string, SnippetType>;
  /** Methods of a class, by name, with the name of the function that each becomes. */
  readonly methods: ReadonlyMap<string, { readonly function: string; readonly result: SnippetType }>;
}

let core: Scope | undefined;
/** The scope of a file that declares nothing: the kernel's structures alone. Made once: it depends on no input. */
function coreScope(): Scope | undefined {
  const empty = (): FileDeclarations =>
    declarationsOf("<snippet>", { kind: "translation-unit", items: [], gaps: [] }, "");
  core ??= linkScopes(new Map([["<snippet>", empty()]])).scopes.get("<snippet>");
  return core;
}

/** Depth of nested syntax that is followed; what is deeper becomes a gap. */
export const snippetDepthLimit = 200;

export class Snippet {
  readonly ts: TypeScript;
  readonly tree: ts.SourceFile;
  readonly text: string;
  readonly gaps: SyntaxGap[];
  readonly items: TopLevel[] = [];
  readonly records = new Map<string, RecordShape>();
  readonly aliases = new Map<string, ts.TypeNode>();
  /** Function bodies, to be read when everything has been declared. */
  readonly deferred: (() => void)[] = [];
  /** Functions and their results, by the name that they have in the program. */
  readonly functions = new Map<string, SnippetType>();
  readonly enumerators = new Set<string>();
  /** Numbers that have a name at file scope. */
  readonly constants = new Set<string>();
  /** What a class gives its fields, by class and field. */
  readonly initialValues = new Map<string, ReadonlyMap<string, ts.Expression>>();
  /** Lexical scopes; the first is the file's. */
  readonly scopes: Map<string, Binding>[] = [new Map<string, Binding>()];
  /** What `this` is in the method that is being lowered. */
  self: { readonly name: string; readonly record: string } | undefined;
  functionName: string | undefined;
  depth = 0;
  /** The kernel's own structures. */
  readonly core: Scope | undefined;
  readonly #imports = new Map<string, string>();
  readonly #namespaces = new Set<string>();

  constructor(parser: TypeScript, syntax: SnippetSyntax, tree: ts.SourceFile) {
    this.ts = parser;
    this.tree = tree;
    this.text = syntax.text;
    this.gaps = [...syntax.gaps];
    this.core = coreScope();
    for (const statement of tree.statements) if (parser.isImportDeclaration(statement)) this.#import(statement);
  }

  /** The node's span without the comments before it. */
  span(node: ts.Node): Span {
    return { start: node.getStart(this.tree), end: node.end };
  }

  /** Notes that a node was not understood. */
  gap(node: ts.Node, reason: string): void {
    const { functionName } = this;
    this.gaps.push({ reason, ...(functionName === undefined ? {} : { function: functionName }), ...this.span(node) });
  }

  /** The node as an expression that nothing is known of; a gap. */
  notUnderstood(node: ts.Node, reason: string): Expression {
    this.gap(node, reason);
    return { kind: "unknown", ...this.span(node) };
  }

  // ------------------------------------------------------------- names

  lookUp(name: string): Binding | undefined {
    for (let i = this.scopes.length - 1; i >= 0; i--) {
      const binding = this.scopes[i]?.get(name);
      if (binding !== undefined) return binding;
    }
    return undefined;
  }

  bind(name: string, binding: Binding): void {
    this.scopes.at(-1)?.set(name, binding);
  }

  inScope(body: () => void): void {
    this.scopes.push(new Map());
    body();
    this.scopes.pop();
  }

  /** The kernel's name for a name of the snippet: imports may rename. */
  realName(name: string): string {
    return this.lookUp(name) === undefined ? (this.#imports.get(name) ?? name) : name;
  }

  /** Whether the kernel's module gives a name of the snippet. */
  isImported(name: string): boolean {
    return this.lookUp(name) === undefined && (this.#imports.has(name) || this.#namespaces.size > 0);
  }

  isNamespace(name: string): boolean {
    return this.#namespaces.has(name) && this.lookUp(name) === undefined;
  }

  #import(declaration: ts.ImportDeclaration): void {
    const { ts } = this;
    const { moduleSpecifier, importClause } = declaration;
    if (!ts.isStringLiteral(moduleSpecifier) || moduleSpecifier.text !== kernelModule) return;
    const bindings = importClause?.namedBindings;
    if (bindings === undefined) return;
    if (ts.isNamespaceImport(bindings)) {
      this.#namespaces.add(bindings.name.text);
      return;
    }
    for (const element of bindings.elements) {
      this.#imports.set(element.name.text, (element.propertyName ?? element.name).text);
    }
  }

  // ------------------------------------------------------------- types

  fieldOf(record: string, field: string): SnippetType | undefined {
    const own = this.records.get(record)?.fields.get(field);
    if (own !== undefined) return own;
    const known = this.core?.fieldOf(record, field);
    return known === undefined ? undefined : fromProgramType(known.type);
  }

  /** What a type annotation means. `null` and `undefined` in a union are left out. */
  typeOf(node: ts.TypeNode | undefined, depth = 0): SnippetType {
    const { ts } = this;
    if (node === undefined || depth > 16) return unknownSnippetType;
    switch (node.kind) {
      case ts.SyntaxKind.NumberKeyword:
        return numberType;
      case ts.SyntaxKind.BigIntKeyword:
        return bigintType;
      case ts.SyntaxKind.BooleanKeyword:
        return booleanType;
      case ts.SyntaxKind.StringKeyword:
        return stringType;
      case ts.SyntaxKind.VoidKeyword:
        return { kind: "void" };
      case ts.SyntaxKind.ObjectKeyword:
        return voidPointerType;
      default:
        break;
    }
    if (ts.isParenthesizedTypeNode(node) || ts.isTypeOperatorNode(node)) return this.typeOf(node.type, depth + 1);
    if (ts.isArrayTypeNode(node)) return { kind: "pointer", element: this.typeOf(node.elementType, depth + 1) };
    if (ts.isUnionTypeNode(node)) {
      const kept = node.types.filter((one) => !this.#isNothing(one));
      return kept.length === 1 ? this.typeOf(kept[0], depth + 1) : unknownSnippetType;
    }
    if (ts.isFunctionTypeNode(node)) {
      return {
        kind: "function",
        parameters: node.parameters.map((parameter) => this.typeOf(parameter.type, depth + 1)),
        result: this.typeOf(node.type, depth + 1),
      };
    }
    if (ts.isTypeLiteralNode(node)) {
      const only = node.members.length === 1 ? node.members[0] : undefined;
      if (only !== undefined && ts.isPropertySignature(only) && only.name.getText(this.tree) === "value") {
        return { kind: "cell", of: this.typeOf(only.type, depth + 1) };
      }
    }
    return ts.isTypeReferenceNode(node) ? this.#reference(node, depth) : unknownSnippetType;
  }

  #reference(node: ts.TypeReferenceNode, depth: number): SnippetType {
    const { ts } = this;
    const written = ts.isIdentifier(node.typeName) ? node.typeName.text : node.typeName.right.text;
    const first = node.typeArguments?.[0];
    if (this.records.has(written)) return { kind: "object", record: written };
    const alias = this.aliases.get(written);
    if (alias !== undefined) return this.typeOf(alias, depth + 1);
    const name = ts.isIdentifier(node.typeName) ? (this.#imports.get(written) ?? written) : written;
    switch (name) {
      case "Cell":
        return { kind: "cell", of: this.typeOf(first, depth + 1) };
      case "Pointer":
        return {
          kind: "pointer",
          element: first === undefined ? { kind: "scalar", name: "u8" } : this.typeOf(first, depth + 1),
        };
      case "Iomem":
        return { kind: "pointer", element: { kind: "void" }, space: "iomem" };
      case "UserPointer":
        return { kind: "pointer", element: { kind: "void" }, space: "user" };
      case "InlineArray": {
        const length = node.typeArguments?.[1];
        const text = length !== undefined && ts.isLiteralTypeNode(length) ? length.getText(this.tree) : "";
        return {
          kind: "array",
          element: this.typeOf(first, depth + 1),
          length: /^\d+$/.test(text) ? Number(text) : undefined,
        };
      }
      case "Inline": {
        const inner = this.typeOf(first, depth + 1);
        return inner.kind === "object" ? { ...inner, inline: true } : inner;
      }
      case "Array":
      case "ReadonlyArray":
        return { kind: "pointer", element: this.typeOf(first, depth + 1) };
      case "Readonly":
        return this.typeOf(first, depth + 1);
      case "Uint8Array":
        return { kind: "pointer", element: { kind: "scalar", name: "u8" } };
      case "dma_data_direction":
      case "dma_transfer_direction":
        return { kind: "scalar", name: `enum ${name}` };
      case "pfn":
        return bigintType;
      default:
        break;
    }
    if (isValueType(name)) return { kind: "scalar", name: scalarType(name)?.name ?? name };
    // What the module exports as a type and is no value is a structure of the kernel.
    const imported = this.#imports.has(written) || !ts.isIdentifier(node.typeName);
    return imported || coreRecordSource(name) !== undefined ? { kind: "object", record: name } : unknownSnippetType;
  }

  #isNothing(node: ts.TypeNode): boolean {
    const { ts } = this;
    if (node.kind === ts.SyntaxKind.UndefinedKeyword) return true;
    return ts.isLiteralTypeNode(node) && node.literal.kind === ts.SyntaxKind.NullKeyword;
  }
}
