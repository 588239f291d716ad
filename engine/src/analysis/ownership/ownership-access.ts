/** Which memory a statement touches with the CPU, as named values: loads and stores through pointers, and kernel functions that copy. */
import { knownMap } from "../../program/dependencies.ts";
import type {
  CallStatement,
  Expression,
  Place,
  ProgramFunction,
  Statement,
  StatementId,
  Terminator,
} from "../../program/program.ts";
import { directName, expressionsOf, expressionsOfTerminator } from "../../program/visit.ts";
import type { FileSpan } from "../../text/span.ts";
import { flowOf } from "../flow/flow.ts";
import {
  type Environment,
  type OwnershipValues,
  type SymbolicValue,
  textOfValue,
  type ValueContext,
} from "./ownership-values.ts";

export interface CpuAccess {
  readonly kind: "load" | "store";
  readonly statement: StatementId;
  /** The memory: an object and a path in it. */
  readonly at: SymbolicValue;
  /** What the source underlines: the place, or the function's name. */
  readonly span: FileSpan;
  /** The place, where one is written. */
  readonly place: Place | undefined;
  /** The function that touches the memory, where it is one. */
  readonly by: string | undefined;
}

/** Kernel functions that touch what an argument points to: include/linux/string.h, uaccess.h, unaligned.h, skbuff.h, printk.h. */
const touching: ReadonlyMap<string, { readonly stores?: number; readonly loads?: readonly number[] }> = new Map([
  ["memcpy", { stores: 0, loads: [1] }],
  ["__memcpy", { stores: 0, loads: [1] }],
  ["memmove", { stores: 0, loads: [1] }],
  ["memset", { stores: 0 }],
  ["memset32", { stores: 0 }],
  ["memzero_explicit", { stores: 0 }],
  ["memcmp", { loads: [0, 1] }],
  ["strcpy", { stores: 0, loads: [1] }],
  ["strscpy", { stores: 0, loads: [1] }],
  ["strncpy", { stores: 0, loads: [1] }],
  ["strlcpy", { stores: 0, loads: [1] }],
  ["sprintf", { stores: 0 }],
  ["snprintf", { stores: 0 }],
  ["strlen", { loads: [0] }],
  ["strcmp", { loads: [0, 1] }],
  ["copy_from_user", { stores: 0 }],
  ["copy_to_user", { loads: [1] }],
  ["simple_read_from_buffer", { loads: [3] }],
  ["memcpy_fromio", { stores: 0 }],
  ["memcpy_toio", { loads: [1] }],
  ["ether_addr_copy", { stores: 0, loads: [1] }],
  ["eth_broadcast_addr", { stores: 0 }],
  ["get_unaligned_le16", { loads: [0] }],
  ["get_unaligned_le32", { loads: [0] }],
  ["get_unaligned_le64", { loads: [0] }],
  ["get_unaligned_be16", { loads: [0] }],
  ["get_unaligned_be32", { loads: [0] }],
  ["get_unaligned_be64", { loads: [0] }],
  ["put_unaligned_le16", { stores: 1 }],
  ["put_unaligned_le32", { stores: 1 }],
  ["put_unaligned_le64", { stores: 1 }],
  ["put_unaligned_be16", { stores: 1 }],
  ["put_unaligned_be32", { stores: 1 }],
  ["put_unaligned_be64", { stores: 1 }],
  ["le16_to_cpup", { loads: [0] }],
  ["le32_to_cpup", { loads: [0] }],
  ["be16_to_cpup", { loads: [0] }],
  ["be32_to_cpup", { loads: [0] }],
  ["print_hex_dump", { loads: [5] }],
  ["print_hex_dump_bytes", { loads: [2] }],
  ["skb_copy_to_linear_data", { loads: [1] }],
  ["skb_copy_from_linear_data", { stores: 1 }],
  ["crc32_le", { loads: [1] }],
  ["skb_copy_to_linear_data_offset", { loads: [2] }],
  ["skb_put_data", { loads: [1] }],
  ["skb_store_bits", { loads: [2] }],
  ["skb_copy_bits", { stores: 2 }],
  ["tty_insert_flip_string", { loads: [1] }], // include/linux/tty_flip.h:80
  ["sg_copy_from_buffer", { loads: [2] }], // include/linux/scatterlist.h:495
  ["sg_pcopy_from_buffer", { loads: [2] }],
  ["sg_copy_to_buffer", { stores: 2 }],
  ["sg_pcopy_to_buffer", { stores: 2 }],
  ["copy_to_iter", { loads: [0] }], // include/linux/uio.h:208
  ["copy_from_iter", { stores: 0 }],
  ["simple_write_to_buffer", { stores: 0 }],
  ["kmemdup", { loads: [0] }],
  ["strncmp", { loads: [0, 1] }],
  ["strnlen", { loads: [0] }],
  ["memchr_inv", { loads: [0] }],
  ["le64_to_cpup", { loads: [0] }],
  ["be64_to_cpup", { loads: [0] }],
]);

/** The arguments whose memory a kernel function of that name reads or writes; none where it is not known to touch any. */
export function touchedArguments(name: string): readonly number[] {
  const { stores, loads = [] } = touching.get(name) ?? {};
  return stores === undefined ? loads : [stores, ...loads];
}

/** Accesses of a statement, in order; calls of the unit add what they do with their arguments. */
export function accessesOf(
  values: OwnershipValues,
  environment: Environment,
  statement: Statement,
  summaries: AccessSummaries,
): readonly CpuAccess[] {
  const found: CpuAccess[] = [];
  for (const expression of expressionsOf(statement)) loads(values, environment, expression, statement.id, found);
  if (statement.kind === "call") found.push(...callAccesses(values, environment, statement, summaries));
  const target =
    statement.kind === "assign" || statement.kind === "zero"
      ? statement.target
      : statement.kind === "call"
        ? statement.result
        : undefined;
  if (target) {
    placeLoads(values, environment, target, statement.id, found);
    const at = values.locate(environment, target);
    found.push({ kind: "store", statement: statement.id, at, span: target, place: target, by: undefined });
  }
  return found;
}

/** Loads of a terminator's condition. */
export function terminatorLoads(
  values: OwnershipValues,
  environment: Environment,
  terminator: Terminator,
): readonly CpuAccess[] {
  const found: CpuAccess[] = [];
  for (const expression of expressionsOfTerminator(terminator)) loads(values, environment, expression, -1, found);
  return found;
}

function loads(
  values: OwnershipValues,
  environment: Environment,
  expression: Expression,
  statement: StatementId,
  found: CpuAccess[],
): void {
  switch (expression.kind) {
    case "read":
      placeLoads(values, environment, expression.place, statement, found);
      if (expression.place.type.kind !== "array" && expression.place.type.kind !== "record") {
        const at = values.locate(environment, expression.place);
        found.push({ kind: "load", statement, at, span: expression.place, place: expression.place, by: undefined });
      }
      return;
    case "address":
      placeLoads(values, environment, expression.place, statement, found);
      return;
    case "unary":
    case "cast":
      loads(values, environment, expression.operand, statement, found);
      return;
    case "binary":
      loads(values, environment, expression.left, statement, found);
      loads(values, environment, expression.right, statement, found);
      return;
    default:
      return;
  }
}

/** What finding the place reads: the pointers on the way and the indices. */
function placeLoads(
  values: OwnershipValues,
  environment: Environment,
  place: Place,
  statement: StatementId,
  found: CpuAccess[],
): void {
  place.steps.forEach((step, index) => {
    if (step.kind === "index") loads(values, environment, step.index, statement, found);
    if (step.kind !== "deref" || index === 0) return;
    const on = { ...place, steps: place.steps.slice(0, index) };
    const at = values.locate(environment, on);
    found.push({ kind: "load", statement, at, span: place, place: on, by: undefined });
  });
}

function callAccesses(
  values: OwnershipValues,
  environment: Environment,
  call: CallStatement,
  summaries: AccessSummaries,
): readonly CpuAccess[] {
  const name = directName(call);
  const pointer = (index: number): SymbolicValue | undefined => {
    const argument = call.arguments[index];
    return argument && values.evaluate(environment, argument);
  };
  const made = (kind: CpuAccess["kind"], at: SymbolicValue, by: string): CpuAccess => ({
    kind,
    statement: call.id,
    at,
    span: call.calleeSpan,
    place: undefined,
    by,
  });
  const callees = summaries.context.callees(values.owner, call);
  if (callees.length === 0) {
    const touched = touching.get(name);
    if (!touched || copiesNothing(call, pointer)) return [];
    const found = (touched.loads ?? []).flatMap((index) => {
      const at = pointer(index);
      return at ? [made("load", at, name)] : [];
    });
    const target = touched.stores === undefined ? undefined : pointer(touched.stores);
    return target ? [...found, made("store", target, name)] : found;
  }
  return callees.flatMap((callee) =>
    summaries.of(callee).flatMap(({ parameter, path, kind }) => {
      const at = pointer(parameter);
      return at ? [made(kind, { object: at.object, path: at.path + path }, callee.name)] : [];
    }),
  );
}

/** A fresh packet has no bytes yet: `memset(skb->data, 0, skb->len)` right after its allocation touches nothing. */
function copiesNothing(call: CallStatement, pointer: (index: number) => SymbolicValue | undefined): boolean {
  const target = pointer(0);
  const length = pointer(call.arguments.length - 1);
  if (!target || !length) return false;
  if (textOfValue(length) === "#0") return true;
  const packet = /^<L (<R\d+>)\.data(@.*)?>$/.exec(target.object)?.[1];
  return packet !== undefined && length.object === `<L ${packet}.len>`;
}

/** One access of a function through a parameter, on every way through it. */
export interface ParameterAccess {
  readonly parameter: number;
  readonly kind: CpuAccess["kind"];
  readonly path: string;
}

/** What functions of the unit do with the memory that their arguments point to. */
export class AccessSummaries {
  readonly context: ValueContext;
  readonly #valuesOf: (owner: ProgramFunction) => OwnershipValues;
  readonly #made = knownMap<ProgramFunction, readonly ParameterAccess[]>();

  constructor(context: ValueContext, valuesOf: (owner: ProgramFunction) => OwnershipValues) {
    this.context = context;
    this.#valuesOf = valuesOf;
  }

  of(owner: ProgramFunction): readonly ParameterAccess[] {
    const known = this.#made.get(owner);
    if (known) return known;
    // A recursive call adds nothing that the outer call does not find itself.
    this.#made.assume(owner, []);
    const found = this.#summarise(owner);
    this.#made.set(owner, found);
    return found;
  }

  #summarise(owner: ProgramFunction): readonly ParameterAccess[] {
    const values = this.#valuesOf(owner);
    if (!values.settled) return [];
    const flow = flowOf(owner);
    const returns = flow.order.filter((id) => owner.blocks[id]?.terminator.kind === "return");
    const found = new Map<string, ParameterAccess>();
    for (const id of flow.order) {
      const block = owner.blocks[id];
      // Only what happens on every way: an access behind a condition may not happen for this caller.
      if (!block || returns.length === 0 || !returns.every((one) => flow.dominates(id, one))) continue;
      const environment = values.entryOf(id);
      for (const statement of block.statements) {
        for (const access of accessesOf(values, environment, statement, this)) {
          const variable = /^<P(\d+)>$/.exec(access.at.object)?.[1];
          const parameter = variable === undefined ? -1 : owner.parameters.indexOf(Number(variable));
          if (parameter < 0) continue;
          const one = { parameter, kind: access.kind, path: access.at.path };
          found.set(JSON.stringify(one), one);
        }
        values.step(environment, statement);
      }
    }
    return [...found.values()].slice(0, 64);
  }
}
