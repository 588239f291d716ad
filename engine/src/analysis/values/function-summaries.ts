/**
 * What a driver's functions do to memory, told in the catalogue's words, so that another unit that calls them can be judged: a
 * wrapper in a library folder "returns coherent memory", "stores the handle to *arg3", "maps its argument", "checks the handle".
 * The summary of a function is plain data, and all that leaves its unit.
 */
import type { ApiFunction, HandleKind, MemoryKind, Parameter, Role } from "../../kernel/contract.ts";
import type { Expression, ProgramFunction } from "../../program/program.ts";
import type { ApiCall, Facts } from "../facts.ts";
import { flowOf } from "../flow/flow.ts";
import { guardsOf, parameterOf } from "../flow/guards.ts";
import { isGuarded } from "./judgement.ts";
import { workingsOf } from "../unit-facts.ts";
import type { Catalogue } from "./unit-index.ts";

export interface FunctionSummary {
  readonly api: ApiFunction;
  /** Whether EXPORT_SYMBOL() offers it to other modules; else only files that are linked with it can call it. */
  readonly exported: boolean;
}

/** Memory that matters to whoever gets it; what is unknown or ordinary is not worth a row. */
const telling = new Set<string>(["coherent", "coherent-wc", "vmalloc", "vmap", "iomem", "sram", "noncoherent"]);

/** Summaries of the unit's functions that others may call, by file and place. Functions that say nothing have none. */
export function summariesOf(facts: Facts): readonly FunctionSummary[] {
  const summaries: FunctionSummary[] = [];
  for (const owner of candidates(facts)) {
    const api = summaryOf(facts, owner);
    if (api) summaries.push({ api, exported: isExported(facts, owner) });
  }
  return summaries;
}

/**
 * A catalogue that knows the functions of other units as well. The kernel's own records go first, and a name that two units tell
 * differently is nobody's.
 */
export function withSummaries(catalogue: Catalogue, elsewhere: readonly FunctionSummary[]): Catalogue {
  if (elsewhere.length === 0) return catalogue;
  const byName = new Map<string, ApiFunction | undefined>();
  for (const { api } of elsewhere) {
    const known = byName.get(api.name);
    byName.set(api.name, !byName.has(api.name) || (known && meaning(known) === meaning(api)) ? api : undefined);
  }
  return { lookup: (name) => catalogue.lookup(name) ?? byName.get(name), knowsOthers: true };
}

function meaning({ parameters, memory, handle, effect }: ApiFunction): string {
  return [effect, memory ?? "", handle ?? "", ...parameters.map((one) => one.role)].join();
}

/** Functions that others may call and that call the DMA API, or somebody in the unit who does, a few levels down. */
function candidates(facts: Facts): readonly ProgramFunction[] {
  const touching = new Set<ProgramFunction>();
  let level = facts
    .callsWith("allocate", "map-streaming", "sg-set", "does-dma", "check-handle", "mmio-map", "kernel-map")
    .map((call) => call.function);
  for (let depth = 0; depth < 3 && level.length > 0; depth++) {
    const fresh = level.filter((one) => !touching.has(one));
    for (const one of fresh) touching.add(one);
    level = fresh.flatMap((one) => facts.unit.callersOf(one).map((site) => site.caller));
  }
  return facts.unit.functions.filter((one) => !one.isStatic && touching.has(one));
}

function summaryOf(facts: Facts, owner: ProgramFunction): ApiFunction | undefined {
  const memory = returnedMemory(facts, owner);
  const roles = owner.parameters.map((): Role => "other");
  const handle = filledHandle(facts, owner, roles);
  const maps = memory === undefined && takesRole(facts, owner, roles, "data", dmaCalls(facts));
  const checks =
    memory === undefined && !maps && takesRole(facts, owner, roles, "handle", facts.callsWith("check-handle"));
  if (memory === undefined && !maps && !checks) return undefined;
  return {
    name: owner.name,
    group: "driver",
    parameters: owner.parameters.map(
      (id, index): Parameter => ({ name: owner.variables[id]?.name ?? "", role: roles[index] ?? "other" }),
    ),
    returns: memory === undefined ? (owner.result.kind === "void" ? "void" : "int") : "void *",
    ...(memory !== undefined && { memory }),
    ...(memory !== undefined && handle !== undefined && { handle }),
    effect: memory !== undefined ? "allocate" : maps ? "does-dma" : "check-handle",
    error: memory === undefined ? "none" : "null",
    in61: true,
    in612: true,
    source: owner.file,
    produces: memory ?? "",
    requires: "",
    notes: "",
  };
}

/** The one kind of memory that every return of the function gives, failures aside. */
function returnedMemory(facts: Facts, owner: ProgramFunction): MemoryKind | undefined {
  const { provenance } = workingsOf(facts);
  const kinds = new Set<string>();
  for (const id of flowOf(owner).order) {
    const terminator = owner.blocks[id]?.terminator;
    if (terminator?.kind !== "return" || !terminator.value) continue;
    for (const context of provenance.valueOf(owner, -1, terminator.value, id).contexts)
      for (const origin of context.origins) {
        if (origin.kind === "null" || /^ERR_(PTR|CAST)\(\)$/.test(origin.name)) continue;
        if (origin.conversions.some((one) => one !== "offset")) return undefined;
        kinds.add(origin.kind);
      }
  }
  const [only] = kinds;
  return kinds.size === 1 && only !== undefined && telling.has(only) ? asMemory(only) : undefined;
}

function asMemory(kind: string): MemoryKind | undefined {
  switch (kind) {
    case "coherent":
    case "coherent-wc":
    case "vmalloc":
    case "vmap":
    case "iomem":
    case "sram":
    case "noncoherent":
      return kind;
    default:
      return undefined;
  }
}

/** The handle that the function leaves behind a parameter; its role is noted. */
function filledHandle(facts: Facts, owner: ProgramFunction, roles: Role[]): HandleKind | undefined {
  const values = workingsOf(facts).provenance.localValues(owner);
  for (const [index, id] of owner.parameters.entries()) {
    const made = values
      .returns()
      .flatMap(({ block }) => values.heldAt(-1, `v${id}*`, block) ?? [])
      .flatMap(({ symbol }) => (symbol.kind === "birth" && symbol.slot === "handle" ? [symbol.made] : []));
    const handle = made[0];
    if (handle !== "dma-coherent" && handle !== "dma-noncoherent" && handle !== "dma-pool") continue;
    if (made.some((one) => one !== handle)) continue;
    roles[index] = "handle-out";
    return handle;
  }
  return undefined;
}

function dmaCalls(facts: Facts): readonly ApiCall[] {
  return facts.callsWith("map-streaming", "sg-set", "does-dma").filter((call) => !/^(regmap|i2c)_/.test(call.name));
}

/** Whether the function hands a parameter, as it came, to one of the calls, whatever its other parameters are. */
function takesRole(
  facts: Facts,
  owner: ProgramFunction,
  roles: Role[],
  role: Role,
  calls: readonly ApiCall[],
): boolean {
  const { provenance } = workingsOf(facts);
  let found = false;
  for (const call of calls) {
    if (call.function !== owner) continue;
    const values = provenance.localValues(owner);
    const block = flowOf(owner).locate(call.statement.id)?.block;
    const guards = block === undefined ? [] : guardsOf(values, block);
    if (isGuarded(guards) || guards.some((guard) => guard.parameter !== undefined)) continue;
    const passed = (expression: Expression | undefined): number => {
      const value = expression ? values.valueAt(call.statement.id, expression) : [];
      const only = value.length === 1 ? value[0] : undefined;
      if (only?.symbol.kind !== "entry" || only.conversions.some((one) => one !== "offset")) return -1;
      return parameterOf(owner, only.symbol.location);
    };
    const at = passed(role === "handle" ? call.argument("handle") : (call.argument("cpu") ?? call.argument("data")));
    if (at < 0) continue;
    roles[at] = role;
    found = true;
    for (const other of ["size", "direction"] as const) {
      const also = passed(call.argument(other));
      if (also >= 0 && roles[also] === "other") roles[also] = other;
    }
  }
  return found;
}

function isExported(facts: Facts, owner: ProgramFunction): boolean {
  const text = facts.unit.files.get(owner.file)?.text ?? "";
  return new RegExp(`\\bEXPORT_SYMBOL\\w*\\s*\\(\\s*${owner.name}\\b`).test(text);
}
