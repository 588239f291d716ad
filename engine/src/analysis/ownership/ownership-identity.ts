/** Whether a call that ends mappings gets the very handle or list that the walk (ownership-walk.ts) follows, or certainly another. */
import type { ApiFunction, Role } from "../../kernel/contract.ts";
import type { CallStatement, Expression, ProgramFunction } from "../../program/program.ts";
import { flowOf } from "../flow/flow.ts";
import { peel } from "../values/local-evaluation.ts";
import { fieldName, sameField } from "./ownership-fields.ts";
import { mentions, type State } from "./ownership-state.ts";
import type { WalkContext } from "./ownership-track.ts";
import { type Environment, type OwnershipValues, textOfValue } from "./ownership-values.ts";

/** Where the handle was put. */
export interface KeptIn {
  readonly isStored: boolean;
  readonly fields: ReadonlySet<string>;
}

const shared: ReadonlySet<string> = new Set(["device", "size", "length", "count", "offset", "direction", "attrs"]);

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
    return this.#isMadeByMap(text);
  }

  /** Whether an API call may be about our handle: the device and the size are shared by every mapping, and say nothing. */
  mayConcern(
    environment: Environment,
    call: CallStatement,
    api: ApiFunction | undefined,
    state: State,
    kept: KeptIn,
  ): boolean {
    return call.arguments.some((argument, index) => {
      const role = api?.parameters[index]?.role;
      return (role === undefined || !shared.has(role)) && this.#mayBeOurs(environment, argument, state, kept);
    });
  }

  /** Whether an argument may be the handle (or the sg list): by value, by the field that it is kept in, or by not being known. */
  #mayBeOurs(environment: Environment, argument: Expression, state: State, kept: KeptIn): boolean {
    const value = this.#values.evaluate(environment, argument);
    const text = textOfValue(value);
    if (mentions(text, state) || state.buffers.has(value.object)) return true;
    // What another map call has just given is another handle, also in a field of the same name.
    if (this.#isMadeByMap(text)) return false;
    const pointed = peel(argument);
    if (pointed.kind === "read") {
      const field = fieldName(pointed.place);
      if (field !== undefined && [...kept.fields].some((one) => sameField(one, field))) return true;
    }
    return /^<(J|X|A)/.test(text) || (text.startsWith("<L") && kept.isStored && kept.fields.size === 0);
  }

  #isMadeByMap(text: string): boolean {
    const made = /^<R(\d+)>$/.exec(text);
    const from = made && flowOf(this.#owner).statement(Number(made[1]));
    const by = from?.kind === "call" ? this.#context.api(this.#owner, from) : undefined;
    return by?.effect === "map-streaming" || by?.effect === "map-resource";
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
export function holdsBuffer(freed: string, state: State, by: string, owner: ProgramFunction): boolean {
  for (const [object, path] of state.buffers) {
    if (freed === object + path || object === `<L ${freed}.data>` || object.startsWith(`<L ${freed}.data@`))
      return true;
    if (object !== `virt(${freed})`) continue;
    // put_page() gives back a reference, and there may be others; the first two are for the one who allocated.
    if (by === "__free_page" || by === "__free_pages" || (by === "put_page" && isOnlyReference(freed, owner)))
      return true;
  }
  return false;
}

/** Calls that take a reference of a page, or give one to a packet (include/linux/mm.h, page_ref.h, skbuff.h; linux 6.12.117). */
const takesReference = /get_page|page_ref|set_page_count|folio_(get|ref)|_frag/;

/** Whether the function has allocated the page itself, and takes no second reference of any. */
function isOnlyReference(page: string, owner: ProgramFunction): boolean {
  const names = new Map<string, string>();
  for (const { statements } of owner.blocks)
    for (const one of statements)
      if (one.kind === "call" && one.callee.kind === "direct") names.set(`<R${one.id}>`, one.callee.name);
  return (
    /^(__)?(dev_)?alloc_pages?(_node)?$/.test(names.get(page) ?? "") &&
    ![...names.values()].some((one) => takesReference.test(one))
  );
}
