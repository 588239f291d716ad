/** A function whose head is known and whose body is lowered when somebody first looks into it. */
import { EditableBody } from "./body-index.ts";
import { Answer, isRecording } from "./dependencies.ts";
import { sameStructure } from "./same-structure.ts";
import type { FunctionDefinition } from "../syntax/c/ast.ts";
import { type Mentions, TokenDigest } from "../syntax/c/mentions.ts";
import type { FileSpan } from "../text/span.ts";
import { spellAnnotation } from "./lower-declaration.ts";
import type { Block, Gap, ProgramFunction, Variable, VariableId } from "./program.ts";
import type { Type } from "./types.ts";

/** What lowering adds to the head. */
export interface LoweredBody {
  readonly result: Type;
  readonly parameters: readonly VariableId[];
  readonly variables: readonly Variable[];
  readonly blocks: readonly Block[];
  readonly gaps: readonly Gap[];
}

export class LazyFunction implements ProgramFunction {
  readonly name: string;
  readonly language = "c";
  readonly file: string;
  #nameSpan: FileSpan;
  #isStatic: boolean;
  #start: number;
  /** The head as something that answers are made of. */
  #head: Answer | undefined;
  #end: number;
  #mentions: Mentions | undefined;
  #ownHash: number;
  #definition: FunctionDefinition | undefined;
  #lowering: ((definition: FunctionDefinition) => LoweredBody) | undefined;
  #annotations: readonly string[] | undefined;
  #lowered: LoweredBody | undefined;
  #body: EditableBody | undefined;

  /** `lower` must give the same whenever it is called; it is called once at most. */
  constructor(file: string, definition: FunctionDefinition, lower: (definition: FunctionDefinition) => LoweredBody) {
    this.name = definition.name;
    this.#nameSpan = { file, start: definition.nameSpan.start, end: definition.nameSpan.end };
    this.#isStatic = definition.specifiers.storage.includes("static");
    this.file = file;
    this.#start = definition.start;
    this.#end = definition.end;
    this.#mentions = definition.mentions;
    // A snippet's has no digest that could tell it later.
    this.#ownHash = definition.mentions instanceof TokenDigest ? 0 : definition.tokenHash;
    this.#definition = definition;
    this.#lowering = lower;
  }

  /** Puts another body in: the definition begins where it began, and has the same head. `changed` is to be called then. */
  edit(definition: FunctionDefinition, lower: (definition: FunctionDefinition) => LoweredBody): void {
    this.#end = definition.end;
    this.#mentions = definition.mentions;
    this.#ownHash = definition.mentions instanceof TokenDigest ? 0 : definition.tokenHash;
    this.#definition = definition;
    this.#lowering = lower;
    this.#lowered = undefined;
  }

  /** Puts another head and body in. `changedHead` and `changed` are to be called then. */
  editHead(definition: FunctionDefinition, lower: (definition: FunctionDefinition) => LoweredBody): void {
    this.edit(definition, lower);
    this.#nameSpan = { ...this.#nameSpan, start: definition.nameSpan.start, end: definition.nameSpan.end };
    this.#isStatic = definition.specifiers.storage.includes("static");
    this.#start = definition.start;
    this.#annotations = undefined;
  }

  /** The same definition in another tree: nothing is made anew, and nobody is told. */
  settleIn(definition: FunctionDefinition, lower: (definition: FunctionDefinition) => LoweredBody): void {
    if (this.#definition === undefined) return;
    this.#definition = definition;
    this.#lowering = lower;
  }

  /**
   * What its names mean may be another now: lowers it again. Whether that comes to something else; `changed` is to be called then.
   */
  lowerAnew(definition: FunctionDefinition, lower: (definition: FunctionDefinition) => LoweredBody): boolean {
    const before = this.#lowered;
    if (before === undefined) {
      this.settleIn(definition, lower);
      return false;
    }
    const after = lower(definition);
    if (sameStructure(before, after)) return false;
    this.#lowered = after;
    return true;
  }

  /** Answers that were made of the body before change. */
  changed(): void {
    this.#body?.change();
  }

  /** Answers that were made of the head before change. */
  changedHead(): void {
    const head = this.#head;
    this.#head = undefined;
    head?.change();
  }

  /** It is no part of the unit any more. */
  drop(): void {
    this.changedHead();
    this.#body?.drop();
  }

  /** No answer is made of the body any more: the unit that it was part of is given up. */
  settle(): void {
    this.#body = undefined;
    this.#head = undefined;
  }

  get body(): EditableBody | undefined {
    if (isRecording()) this.#body ??= new EditableBody();
    return this.#body;
  }

  get nameSpan(): FileSpan {
    this.#readHead();
    return this.#nameSpan;
  }
  get isStatic(): boolean {
    this.#readHead();
    return this.#isStatic;
  }
  get start(): number {
    this.#readHead();
    return this.#start;
  }
  get end(): number {
    this.body?.read();
    return this.#end;
  }
  /** Worked out when it is first asked for. */
  get hash(): number {
    return this.#mentions instanceof TokenDigest ? this.#mentions.hash : this.#ownHash;
  }
  get mentions(): Mentions | undefined {
    return this.#mentions;
  }
  get annotations(): readonly string[] {
    this.#readHead();
    this.#annotations ??= this.#definition?.annotations.map(spellAnnotation) ?? [];
    return this.#annotations;
  }
  /** Told by the head. */
  get result(): Type {
    this.#readHead();
    return this.#lower().result;
  }
  get parameters(): readonly VariableId[] {
    this.#readHead();
    return this.#lower().parameters;
  }
  get variables(): readonly Variable[] {
    return this.#read().variables;
  }
  get blocks(): readonly Block[] {
    return this.#read().blocks;
  }
  get gaps(): readonly Gap[] {
    return this.#read().gaps;
  }

  #readHead(): void {
    if (!isRecording()) return;
    this.#head ??= new Answer();
    this.#head.read();
  }

  #read(): LoweredBody {
    this.body?.read();
    return this.#lower();
  }

  #lower(): LoweredBody {
    if (this.#lowered === undefined) {
      const nothing = { result: { kind: "unknown" }, parameters: [], variables: [], blocks: [], gaps: [] } as const;
      this.#lowered = this.#definition && this.#lowering ? this.#lowering(this.#definition) : nothing;
      // The tree is not needed any more, nor the scope.
      this.#annotations ??= this.#definition?.annotations.map(spellAnnotation);
      this.#definition = undefined;
      this.#lowering = undefined;
    }
    return this.#lowered;
  }
}
