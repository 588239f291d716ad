/** Whether a call that ends mappings gets the very handle or list that the walk (ownership-walk.ts) follows, or certainly another. */
import type { ApiFunction, Role } from "../../kernel/contract.ts";
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

  /** The call maps the buffer itself, or the list itself, once more. */
  mapsAgain(environment: Environment, call: CallStatement, api: ApiFunction | undefined, state: State): boolean {
    if (api?.effect !== "map-streaming" && api?.effect !== "map-sg") return false;
    const at = api.parameters.findIndex(({ role }) => mapped.has(role));
    const argument = call.arguments[at];
    if (!argument) return false;
    const value = this.#values.evaluate(environment, argument);
    return state.buffers.get(value.object) === value.path;
  }
}

const mapped = new Set<Role>(["cpu", "data", "page", "sg", "sgt"]);

/** The memory itself, the packet whose data it is, or the page that it lies in where the call gives back pages. */
export function holdsBuffer(freed: string, state: State, by: string): boolean {
  for (const [object, path] of state.buffers) {
    if (freed === object + path || object === `<L ${freed}.data>` || object.startsWith(`<L ${freed}.data@`))
      return true;
    // put_page() gives back a reference, and there may be others; these are for the one who allocated.
    if ((by === "__free_page" || by === "__free_pages") && object === `virt(${freed})`) return true;
  }
  return false;
}
