/** A function whose head is known and whose body is lowered when somebody first looks into it. */
import { EditableBody } from "./body-index.ts";
import { isRecording } from "./dependencies.ts";
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
  readonly nameSpan: FileSpan;
  readonly isStatic: boolean;
  readonly language = "c";
  readonly file: string;
  readonly start: number;
  #end: number;
  #mentions: Mentions | undefined;
  readonly #ownHash: number;
  #definition: FunctionDefinition | undefined;
  #lowering: ((definition: FunctionDefinition) => LoweredBody) | undefined;
  #annotations: readonly string[] | undefined;
  #lowered: LoweredBody | undefined;
  #body: EditableBody | undefined;

  /** `lower` must give the same whenever it is called; it is called once at most. */
  constructor(file: string, definition: FunctionDefinition, lower: (definition: FunctionDefinition) => LoweredBody) {
    this.name = definition.name;
    this.nameSpan = { file, start: definition.nameSpan.start, end: definition.nameSpan.end };
    this.isStatic = definition.specifiers.storage.includes("static");
    this.file = file;
    this.start = definition.start;
    this.#end = definition.end;
    this.#mentions = definition.mentions;
    // A snippet's has no digest that could tell it later.
    this.#ownHash = definition.mentions instanceof TokenDigest ? 0 : definition.tokenHash;
    this.#definition = definition;
    this.#lowering = lower;
  }

  /**
   * Puts another body in: the definition begins where it began, and has the same head. `changed` is to be called then.
   */
  edit(definition: FunctionDefinition, lower: (definition: FunctionDefinition) => LoweredBody): void {
    this.#end = definition.end;
    this.#mentions = definition.mentions;
    this.#definition = definition;
    this.#lowering = lower;
    this.#lowered = undefined;
  }

  /** Answers that were made of the body before change. */
  changed(): void {
    this.#body?.change();
  }

  /** No answer is made of the body any more: the unit that it was part of is given up. */
  settle(): void {
    this.#body = undefined;
  }

  get body(): EditableBody | undefined {
    if (isRecording()) this.#body ??= new EditableBody();
    return this.#body;
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
    this.#annotations ??= this.#definition?.annotations.map(spellAnnotation) ?? [];
    return this.#annotations;
  }
  /** Told by the head, which no edit changes. */
  get result(): Type {
    return this.#lower().result;
  }
  get parameters(): readonly VariableId[] {
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
