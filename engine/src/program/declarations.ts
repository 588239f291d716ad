/**
 * What one C file declares, before any name is resolved: the first of the two phases that read a driver unit.
 */
import type {
  Annotation,
  CallExpression,
  Declaration,
  Declarator,
  Expression,
  RecordType,
  Specifiers,
  Statement,
  TopLevel,
  TranslationUnit,
} from "../syntax/c/ast.ts";
import type { Span } from "../text/span.ts";
import { declaringPosition } from "./kernel-macros.ts";
import { declaredName, functionDeclarator } from "./type-resolver.ts";

/** Everything a file makes visible to the files that include it. Syntax only; scope.ts gives it meaning. */
export interface FileDeclarations {
  readonly name: string;
  /** Includes as written, local ones and `<...>` ones, in order. */
  readonly includes: readonly { readonly path: string; readonly local: boolean }[];
  readonly typedefs: ReadonlyMap<string, TypedefDeclaration>;
  /** Definitions by tag. A record without a tag has the name that its owner gives it. */
  readonly records: ReadonlyMap<string, RecordDeclaration>;
  /** The made-up names of records without a tag. */
  readonly unnamed: ReadonlyMap<RecordType, string>;
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
  /** The tag, or the made-up name of an unnamed record. */
  readonly name: string;
  /** More than one where alternatives under `#if` define it. */
  readonly types: readonly RecordType[];
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
  /** Absent for an object that a macro declares. */
  readonly declared?: { readonly specifiers: Specifiers; readonly declarator: Declarator };
  readonly macro?: CallExpression;
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
export function declarationsOf(name: string, unit: TranslationUnit, text: string): FileDeclarations {
  const collector = new Collector(name, text);
  collector.topLevels(unit.items, 0);
  return collector.result();
}

const depthLimit = 100;

class Collector {
  readonly #name: string;
  readonly #text: string;
  readonly #includes: { path: string; local: boolean }[] = [];
  readonly #typedefs = new Map<string, TypedefDeclaration>();
  readonly #records = new Map<string, RecordDeclaration>();
  readonly #unnamed = new Map<RecordType, string>();
  readonly #enumerators = new Map<string, EnumeratorDeclaration>();
  readonly #macros = new Map<string, Macro[]>();
  readonly #functions = new Map<string, FunctionDeclaration>();
  readonly #globals = new Map<string, GlobalDeclaration>();
  #hash = 0x811c9dc5;

  constructor(name: string, text: string) {
    this.#name = name;
    this.#text = text;
  }

  result(): FileDeclarations {
    return {
      name: this.#name,
      includes: this.#includes,
      typedefs: this.#typedefs,
      records: this.#records,
      unnamed: this.#unnamed,
      enumerators: this.#enumerators,
      macros: this.#macros,
      functions: this.#functions,
      globals: this.#globals,
      hash: this.#hash >>> 0,
    };
  }

  topLevels(items: readonly TopLevel[], depth: number): void {
    if (depth > depthLimit) return;
    for (const item of items) {
      switch (item.kind) {
        case "function": {
          this.#addHash(item.start, item.body.start);
          this.#specifiers(item.specifiers, item.name);
          this.#declarator(item.declarator, item.name);
          this.#function(item.name, {
            specifiers: item.specifiers,
            declarator: item.declarator,
            isStatic: item.specifiers.storage.includes("static"),
            isDefinition: true,
          });
          this.#statements(item.body.body, item.name, 0);
          break;
        }
        case "declaration":
          this.#addHash(item.start, item.end);
          this.#declaration(item);
          break;
        case "define":
          this.#addHash(item.start, item.end);
          this.#macro(item.name, item.parameters, this.#text.slice(item.body.start, item.body.end));
          break;
        case "include":
          this.#addHash(item.start, item.end);
          this.#includes.push({ path: item.path, local: item.local });
          break;
        case "macro-invocation":
          this.#addHash(item.start, item.end);
          this.#invocation(item.call, item.storage.includes("static"));
          break;
        case "conditional-group":
          for (const arm of item.arms) {
            for (let i = 0; i < (arm.condition?.length ?? 0); i++) this.#mix(arm.condition?.charCodeAt(i) ?? 0);
            this.topLevels(arm.body, depth + 1);
          }
          break;
        case "unknown":
          this.#addHash(item.start, item.end);
          break;
      }
    }
  }

  #declaration(declaration: Declaration): void {
    const { specifiers } = declaration;
    const isTypedef = specifiers.storage.includes("typedef");
    const firstName = declaration.declarators[0] && declaredName(declaration.declarators[0].declarator)?.name;
    // An unnamed record takes the name of the typedef, or of the object, that it was written for.
    this.#specifiers(specifiers, firstName ?? "", isTypedef);
    for (const { declarator, initializer, annotations } of declaration.declarators) {
      const named = declaredName(declarator);
      if (named === undefined) continue;
      this.#declarator(declarator, named.name);
      if (isTypedef) {
        if (!this.#typedefs.has(named.name)) this.#typedefs.set(named.name, { specifiers, declarator });
        continue;
      }
      const isStatic = specifiers.storage.includes("static");
      if (functionDeclarator(declarator) !== undefined && initializer === undefined) {
        this.#function(named.name, { specifiers, declarator, isStatic, isDefinition: false });
        continue;
      }
      const isExtern = specifiers.storage.includes("extern");
      const earlier = this.#globals.get(named.name);
      if (earlier !== undefined && (earlier.initializer !== undefined || (isExtern && !earlier.isExtern))) continue;
      this.#globals.set(named.name, {
        name: named.name,
        declared: { specifiers, declarator },
        annotations: [...specifiers.annotations, ...annotations],
        ...(initializer === undefined ? {} : { initializer }),
        isStatic,
        isExtern,
        start: named.start,
        end: named.end,
      });
    }
  }

  #function(name: string, declaration: FunctionDeclaration): void {
    const earlier = this.#functions.get(name);
    if (earlier === undefined || (declaration.isDefinition && !earlier.isDefinition)) {
      this.#functions.set(name, declaration);
    }
  }

  #invocation(call: CallExpression, isStatic: boolean): void {
    if (call.callee.kind !== "identifier") return;
    const position = declaringPosition(call.callee.name);
    const argument = position === undefined ? undefined : call.arguments[position];
    if (argument?.kind !== "identifier" || this.#globals.has(argument.name)) return;
    this.#globals.set(argument.name, {
      name: argument.name,
      macro: call,
      annotations: [],
      isStatic,
      isExtern: false,
      start: argument.start,
      end: argument.end,
    });
  }

  #macro(name: string, parameters: readonly string[] | undefined, body: string): void {
    const macro: Macro = {
      name,
      file: this.#name,
      ...(parameters === undefined ? {} : { parameters }),
      body: cleanBody(body),
    };
    const list = this.#macros.get(name);
    if (list === undefined) this.#macros.set(name, [macro]);
    else if (list.length < 8) list.push(macro);
  }

  /** Records and enumerations written in the specifiers. `owner` names what has no tag. */
  #specifiers(specifiers: Specifiers, owner: string, isTypedef = false): void {
    const { base } = specifiers;
    if (base.kind === "record") this.#record(base, owner, isTypedef, 0);
    else if (base.kind === "enum" && base.enumerators !== undefined) {
      let previous: EnumeratorDeclaration | undefined;
      for (const enumerator of base.enumerators) {
        const entry: EnumeratorDeclaration = {
          name: enumerator.name,
          ...(enumerator.value === undefined ? {} : { value: enumerator.value }),
          ...(previous === undefined ? {} : { previous }),
          enumName: base.name,
        };
        if (!this.#enumerators.has(entry.name)) this.#enumerators.set(entry.name, entry);
        previous = entry;
      }
    }
  }

  #declarator(declarator: Declarator, owner: string): void {
    let at = declarator;
    for (let depth = 0; depth < depthLimit; depth++) {
      if (at.kind === "name" || at.kind === "abstract") return;
      if (at.kind === "function") {
        for (const parameter of at.parameters) this.#specifiers(parameter.specifiers, owner);
      }
      at = at.inner;
    }
  }

  #record(record: RecordType, owner: string, isTypedef: boolean, depth: number): void {
    if (record.fields === undefined || depth > depthLimit) return;
    let name = record.name;
    if (name === undefined) {
      name = isTypedef && owner !== "" && !this.#records.has(owner) ? owner : this.#freshName(owner);
      this.#unnamed.set(record, name);
    }
    const earlier = this.#records.get(name);
    this.#records.set(name, { name, types: earlier === undefined ? [record] : [...earlier.types, record] });
    this.#fields(record, name, depth);
  }

  #fields(record: RecordType, owner: string, depth: number): void {
    if (depth > depthLimit) return;
    for (const field of record.fields ?? []) {
      const { base } = field.specifiers;
      // The fields of an unnamed member belong to the owner: only what is nested in them is a record of its own.
      if (base.kind === "record" && base.name === undefined && field.declarators.length === 0) {
        this.#fields(base, owner, depth + 1);
      } else if (base.kind === "record") this.#record(base, owner, false, depth + 1);
      else this.#specifiers(field.specifiers, owner);
    }
  }

  #freshName(owner: string): string {
    for (let i = 0; ; i++) {
      const name = `${owner}::(anonymous ${i})`;
      if (!this.#records.has(name)) return name;
    }
  }

  /** Records and enumerations that a function declares inside its body. */
  #statements(statements: readonly Statement[], owner: string, depth: number): void {
    if (depth > depthLimit) return;
    for (const statement of statements) this.#statement(statement, owner, depth);
  }

  #statement(statement: Statement, owner: string, depth: number): void {
    switch (statement.kind) {
      case "declaration": {
        const { base } = statement.specifiers;
        const defines =
          (base.kind === "record" && base.fields !== undefined) ||
          (base.kind === "enum" && base.enumerators !== undefined);
        if (!defines) return;
        this.#addHash(statement.specifiers.start, statement.specifiers.end);
        const first = statement.declarators[0];
        const name = first === undefined ? "" : (declaredName(first.declarator)?.name ?? "");
        this.#specifiers(statement.specifiers, name === "" ? owner : `${owner}::${name}`);
        return;
      }
      case "compound":
        this.#statements(statement.body, owner, depth + 1);
        return;
      case "if":
        if (depth > depthLimit) return;
        this.#statement(statement.then, owner, depth + 1);
        if (statement.otherwise !== undefined) this.#statement(statement.otherwise, owner, depth + 1);
        return;
      case "while":
      case "do-while":
      case "for":
      case "switch":
      case "macro-statement":
        if (depth <= depthLimit) this.#statement(statement.body, owner, depth + 1);
        return;
      case "conditional-group":
        for (const arm of statement.arms) this.#statements(arm.body, owner, depth + 1);
        return;
      default:
        return;
    }
  }

  /** Mixes the text between two offsets, runs of blanks as one. */
  #addHash(start: number, end: number): void {
    let blank = false;
    for (let i = start; i < end; i++) {
      const code = this.#text.charCodeAt(i);
      if (code <= 32) {
        blank = true;
        continue;
      }
      if (blank) this.#mix(32);
      blank = false;
      this.#mix(code);
    }
    this.#mix(10);
  }
  #mix(code: number): void {
    this.#hash = Math.imul(this.#hash ^ code, 0x01000193);
  }
}

/** A macro's replacement without comments and line continuations. */
function cleanBody(text: string): string {
  return text
    .replace(/\\\r?\n/g, " ")
    .replace(
      /("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|\/\*[\s\S]*?(?:\*\/|$)|\/\/[^\n]*/g,
      (_all, literal?: string) => literal ?? " ",
    )
    .trim();
}
