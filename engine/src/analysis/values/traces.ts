/** What the statements that a value went through tell of it: steps of a path, and conditions. Made once for each alternative. */
import { making } from "../../program/dependencies.ts";
import type { PathStep, ProgramFunction } from "../../program/program.ts";
import { flowOf } from "../flow/flow.ts";
import { assignedIn, guardsOf, type ParameterGuard } from "../flow/guards.ts";
import type { LocalValues } from "./local-values.ts";
import type { SourceNames } from "./source-names.ts";
import type { Alternative, Symbol } from "./symbols.ts";

export interface Trace {
  readonly steps: readonly PathStep[];
  /** Guards of the statements that the value went through. */
  readonly guards: readonly ParameterGuard[];
}

const noTrace: Trace = { steps: [], guards: [] };

export class Traces {
  readonly #names: SourceNames;
  readonly #values: (owner: ProgramFunction) => LocalValues;
  readonly #known = new WeakMap<Alternative, Trace>();

  constructor(names: SourceNames, values: (owner: ProgramFunction) => LocalValues) {
    this.#names = names;
    this.#values = values;
  }

  /** The trace of an alternative of one of the function's values. */
  of(owner: ProgramFunction, one: Alternative): Trace {
    if (one.trace.length === 0) return noTrace;
    const { answer } = this.#values(owner);
    answer?.read();
    let trace = this.#known.get(one);
    if (!trace) {
      trace = making(answer, () => ({ steps: this.#steps(owner, one), guards: this.#guards(owner, one) }));
      this.#known.set(one, trace);
    }
    return trace;
  }

  #steps(owner: ProgramFunction, one: Alternative): readonly PathStep[] {
    // Where the allocation itself says where its result goes, that is one step and not two.
    const born = one.symbol.kind === "birth" ? one.symbol.call.id : -1;
    return one.trace
      .filter((step) => step.role !== "allocate" && step.role !== "assign" && step.statement !== born)
      .map((step) => this.#names.traceStep(owner, step.statement, step.role));
  }

  #guards(owner: ProgramFunction, one: Alternative): readonly ParameterGuard[] {
    const values = this.#values(owner);
    return one.trace.flatMap((step) => {
      const block = flowOf(owner).locate(step.statement)?.block;
      return block === undefined ? [] : [...guardsOf(values, block), ...assignedIn(values, block)];
    });
  }
}

const makers = /alloc|get_.*page|map|dup|create|buffer|register/;

/** What a path says of the call that made the value. */
export function birthNote(
  name: string | undefined,
  symbol: Symbol & { readonly kind: "birth" },
  maker: string,
): string {
  if (symbol.made.startsWith("pgprot-")) return `protection made by ${maker}() here`;
  if (symbol.slot === "handle") return `DMA address returned by ${maker}() here`;
  const verb = makers.test(maker) ? "allocated by" : "taken from";
  return `${name === undefined ? "" : `${name} `}${verb} ${maker}() here`;
}
