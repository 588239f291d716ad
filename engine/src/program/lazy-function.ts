/** A function whose head is known and whose body is lowered when somebody first looks into it. */
import type { FunctionDefinition } from "../syntax/c/ast.ts";
import type { Mentions } from "../syntax/c/mentions.ts";
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
  readonly hash: number;
  readonly language = "c";
  readonly file: string;
  readonly start: number;
  readonly end: number;
  readonly mentions?: Mentions;
  #definition: FunctionDefinition | undefined;
  #lower: ((definition: FunctionDefinition) => LoweredBody) | undefined;
  #annotations: readonly string[] | undefined;
  #body: LoweredBody | undefined;

  /** `lower` must give the same whenever it is called; it is called once at most. */
  constructor(file: string, definition: FunctionDefinition, lower: (definition: FunctionDefinition) => LoweredBody) {
    this.name = definition.name;
    this.nameSpan = { file, start: definition.nameSpan.start, end: definition.nameSpan.end };
    this.isStatic = definition.specifiers.storage.includes("static");
    this.hash = definition.tokenHash;
    this.file = file;
    this.start = definition.start;
    this.end = definition.end;
    if (definition.mentions !== undefined) this.mentions = definition.mentions;
    this.#definition = definition;
    this.#lower = lower;
  }

  get annotations(): readonly string[] {
    this.#annotations ??= this.#definition?.annotations.map(spellAnnotation) ?? [];
    return this.#annotations;
  }
  get result(): Type {
    return this.#lowered().result;
  }
  get parameters(): readonly VariableId[] {
    return this.#lowered().parameters;
  }
  get variables(): readonly Variable[] {
    return this.#lowered().variables;
  }
  get blocks(): readonly Block[] {
    return this.#lowered().blocks;
  }
  get gaps(): readonly Gap[] {
    return this.#lowered().gaps;
  }

  #lowered(): LoweredBody {
    if (this.#body === undefined) {
      const nothing = { result: { kind: "unknown" }, parameters: [], variables: [], blocks: [], gaps: [] } as const;
      this.#body = this.#definition && this.#lower ? this.#lower(this.#definition) : nothing;
      // The tree is not needed any more, nor the scope.
      this.#annotations ??= this.#definition?.annotations.map(spellAnnotation);
      this.#definition = undefined;
      this.#lower = undefined;
    }
    return this.#body;
  }
}
