/** Whether a call that ends mappings gets the very handle or list that the walk (ownership-walk.ts) follows, or certainly another. */
import type { ApiFunction } from "../../kernel/contract.ts";
import type { CallStatement, ProgramFunction } from "../../program/program.ts";
import { flowOf } from "../flow/flow.ts";
import type { State } from "./ownership-state.ts";
import type { WalkContext } from "./ownership-track.ts";
import { type Environment, type OwnershipValues, textOfValue } from "./ownership-values.ts";

export class HandleIdentity {
  readonly #values: OwnershipValues;
  readonly #context: WalkContext;
  readonly #owner: ProgramFunction;

  constructor(values: OwnershipValues, context: WalkContext) {
    this.#values = values;
    this.#context = context;
    this.#owner = values.owner;
  }

  /** The handle (or list) is that of another map of this function, or lies in a field that ours never went to. */
  isOther(environment: Environment, call: CallStatement, api: ApiFunction, state: State): boolean {
    const at = api.parameters.findIndex((one) => one.role === "handle" || one.role === "sg" || one.role === "sgt");
    const argument = call.arguments[at];
    if (!argument) return false;
    const value = this.#values.evaluate(environment, argument);
    const text = textOfValue(value);
    if (api.parameters[at]?.role !== "handle") return !/<[JXAR]/.test(text) && state.buffers.size > 0;
    const made = /^<R(\d+)>$/.exec(text);
    if (made) {
      const from = flowOf(this.#owner).statement(Number(made[1]));
      const by = from?.kind === "call" ? this.#context.api(this.#owner, from) : undefined;
      return by?.effect === "map-streaming" || by?.effect === "map-resource";
    }
    return false;
  }

  /** The unmap gets the handle itself, or the list itself. */
  isExactly(environment: Environment, call: CallStatement, api: ApiFunction, state: State): boolean {
    const at = api.parameters.findIndex((one) => one.role === "handle" || one.role === "sg" || one.role === "sgt");
    const argument = call.arguments[at];
    if (!argument) return false;
    const value = this.#values.evaluate(environment, argument);
    if (api.parameters[at]?.role === "handle") return state.handles.has(textOfValue(value));
    return state.buffers.get(value.object) === value.path;
  }
}

/** The memory itself, or the packet whose data it is. */
export function holdsBuffer(freed: string, state: State): boolean {
  for (const [object, path] of state.buffers)
    if (freed === object + path || object === `<L ${freed}.data>` || object.startsWith(`<L ${freed}.data@`))
      return true;
  return false;
}
