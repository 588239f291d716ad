/** How the source calls things, for messages and paths. */
import type {
  CallStatement,
  DriverUnit,
  Expression,
  PathStep,
  Place,
  ProgramFunction,
  StatementId,
  Step,
} from "../../program/program.ts";
import { textBetween } from "../../program/lower-c-file.ts";
import { flowOf } from "../flow/flow.ts";
import { peel } from "./local-evaluation.ts";
import type { Location, LocationStep, TraceStep } from "./symbols.ts";

export class SourceNames {
  readonly #unit: DriverUnit;

  constructor(unit: DriverUnit) {
    this.#unit = unit;
  }

  /** The text of a stretch of source, white space folded; empty when the file is not in the unit. */
  text(span: { readonly file: string; readonly start: number; readonly end: number }): string {
    return textBetween(this.#unit, span.file, span.start, span.end).replace(/\s+/g, " ").trim();
  }

  /** The expression as spelled, where it is a name of something; rebuilt otherwise. */
  expression(owner: ProgramFunction, expression: Expression): string {
    const one = peel(expression);
    if (one.kind === "read") return this.place(owner, one.place);
    if (one.kind === "address") {
      const array = decayed(one);
      return array ? this.place(owner, array) : `&${this.place(owner, one.place)}`;
    }
    return this.text(expression);
  }

  place(owner: ProgramFunction, place: Place): string {
    const root = place.root.kind === "global" ? place.root.name : this.#variable(owner, place.root.id, place);
    return root + this.#steps(owner, place.steps);
  }

  location(owner: ProgramFunction, location: Location): string {
    const { root } = location;
    const steps = this.#steps(owner, location.steps);
    switch (root.kind) {
      case "global":
        return root.name + steps;
      case "variable":
      case "current":
        return (owner.variables[root.id]?.name ?? "?") + steps;
      case "symbol": {
        const named = "call" in root.symbol ? this.resultName(owner, root.symbol.call, "result") : undefined;
        return (named ?? "…") + steps;
      }
    }
  }

  /** The place that a call's result, or the place behind its out-parameter, goes to. */
  resultName(owner: ProgramFunction, call: CallStatement, slot: string): string | undefined {
    if (slot !== "result") return undefined;
    const { result } = call;
    if (!result) return undefined;
    if (result.root.kind === "variable" && owner.variables[result.root.id]?.kind === "temporary") {
      // The temporary is copied into its place by the next assignment that reads it.
      const { id } = result.root;
      for (const block of owner.blocks)
        for (const statement of block.statements) {
          if (statement.kind !== "assign" || statement.id < call.id) continue;
          const value = peel(statement.value);
          if (value.kind === "read" && value.place.root.kind === "variable" && value.place.root.id === id)
            return this.place(owner, statement.target);
        }
      return undefined;
    }
    return this.place(owner, result);
  }

  step(owner: ProgramFunction, statement: StatementId, role: PathStep["role"], note: string): PathStep {
    const found = flowOf(owner).statement(statement);
    const span = found ?? owner.nameSpan;
    return { file: span.file, start: span.start, end: span.end, function: owner.name, statement, role, note };
  }

  traceStep(owner: ProgramFunction, statement: StatementId, role: TraceStep["role"]): PathStep {
    const found = flowOf(owner).statement(statement);
    if (role === "store" && found?.kind === "assign")
      return this.step(owner, statement, "store", `stored in ${this.place(owner, found.target)} here`);
    if (role === "store" && found?.kind === "call") {
      const place = found.result ? this.place(owner, found.result) : "an out-parameter";
      return this.step(owner, statement, "store", `stored in ${place} here`);
    }
    if (role === "load" && found?.kind === "assign")
      return this.step(owner, statement, "load", `read from ${this.expression(owner, found.value)} here`);
    if (role === "protect") return this.step(owner, statement, "protect", "protection set here");
    const name = found?.kind === "call" && found.callee.kind === "direct" ? `${found.callee.name}()` : "arithmetic";
    return this.step(owner, statement, "pass", `converted by ${name} here`);
  }

  #variable(owner: ProgramFunction, id: number, span: { file: string; start: number; end: number }): string {
    const variable = owner.variables[id];
    if (!variable) return "?";
    return variable.kind === "temporary" ? this.text(span) || variable.name : variable.name;
  }

  #steps(owner: ProgramFunction, steps: readonly (Step | LocationStep)[]): string {
    const arrow = owner.language === "c" ? "->" : ".";
    let text = "";
    for (let i = 0; i < steps.length; i++) {
      const step = steps[i];
      const next = steps[i + 1];
      if (step?.kind === "field") text += `${steps[i - 1]?.kind === "deref" ? arrow : "."}${step.name}`;
      else if (step?.kind === "index") text += `[${this.#index(step.index)}]`;
      else if (step?.kind === "deref" && next === undefined) text = `${text}[0]`;
    }
    return text;
  }

  #index(index: Expression | string | undefined): string {
    if (index === undefined) return "";
    const text = typeof index === "string" ? index : this.text(index);
    return text.length <= 24 ? text : "";
  }
}

/** The array, where its name alone was written for the address of its first element: the index then has no text of its own. */
function decayed(address: Expression & { readonly kind: "address" }): Place | undefined {
  const { place, start, end } = address;
  const last = place.steps.at(-1);
  if (last?.kind !== "index" || last.index.start !== start || last.index.end !== end) return undefined;
  return { ...place, steps: place.steps.slice(0, -1) };
}
