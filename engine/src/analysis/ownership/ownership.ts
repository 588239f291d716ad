/**
 * Who owns a streaming buffer, and what becomes of its handle: every mapping of a driver unit, followed through its function
 * and, where a helper maps for its caller, through the callers.
 *
 * CPU --map, sync_for_device--> device --unmap, sync_for_cpu--> CPU. Size and direction ride on the handle.
 */
import { knownMap } from "../../program/dependencies.ts";
import type { ApiFunction, Effect } from "../../kernel/contract.ts";
import type { CallStatement, Expression, ProgramFunction } from "../../program/program.ts";
import type { Type } from "../../program/types.ts";
import { typeOf } from "../../program/visit.ts";
import type { Facts } from "../facts.ts";
import { handingBack, releasing, unmapping } from "./mapping-ends.ts";
import { AccessSummaries, type CpuAccess } from "./ownership-access.ts";
import { peel } from "../values/local-evaluation.ts";
import { OwnershipValues, plain, resultName, textOfValue, typeName } from "./ownership-values.ts";
import type { MapSite, Track, WalkContext } from "./ownership-track.ts";
import { walk } from "./ownership-walk.ts";
import { workingsOf } from "../unit-facts.ts";

export type Direction = "to-device" | "from-device" | "bidirectional" | "unknown";

/** One mapping, in the function that calls for it. */
export interface Mapping {
  readonly owner: ProgramFunction;
  /** The map call, or the call of the helper that maps. */
  readonly call: CallStatement;
  /** The map call itself: the same as `call` unless a helper maps. */
  readonly made: { readonly owner: ProgramFunction; readonly call: CallStatement; readonly api: ApiFunction };
  readonly direction: Direction;
  /** The buffer as the owner writes it: a pointer, a page, or an sg list. */
  readonly buffer: Expression | undefined;
  /** Bytes, as written by the function that maps. */
  readonly size: Expression | undefined;
  /** The map leaves the caches alone (DMA_ATTR_SKIP_CPU_SYNC): the driver syncs by itself. */
  readonly skipsSync: boolean;
  readonly track: Track;
}

const analyses = new WeakMap<Facts, Ownership>();

/** The ownership analysis of a unit; computed as it is asked for, kept as long as the facts are. */
export function ownershipOf(facts: Facts): Ownership {
  const known = analyses.get(facts);
  if (known) return known;
  const made = new Ownership(facts);
  analyses.set(facts, made);
  return made;
}

export class Ownership implements WalkContext {
  readonly summaries: AccessSummaries;
  readonly #facts: Facts;
  readonly #values = knownMap<ProgramFunction, OwnershipValues>();
  readonly #effects = knownMap<ProgramFunction, ReadonlySet<Effect>>();
  readonly #tracks = knownMap<CallStatement, Track>();
  readonly #mappings = knownMap<string, readonly Mapping[]>();

  constructor(facts: Facts) {
    this.#facts = facts;
    this.summaries = new AccessSummaries(workingsOf(facts).index, (owner) => this.valuesOf(owner));
  }

  /** Mappings by calls with these effects, where they are called for; by file, function and statement. */
  mappings(...effects: readonly Effect[]): readonly Mapping[] {
    const key = effects.join();
    let found = this.#mappings.get(key);
    if (!found) {
      found = this.#facts
        .callsWith(...effects)
        .map(({ function: owner, statement, api }) => this.#mapping(owner, statement, api));
      this.#mappings.set(key, found);
    }
    return found;
  }

  /** The mapping that a call of `mapping.owner` makes for its caller, seen from there; undefined where nothing comes of it. */
  seenFrom(caller: ProgramFunction, call: CallStatement, mapping: Mapping): Mapping {
    const { track } = mapping;
    const values = this.valuesOf(caller);
    const environment = values.before(call);
    const handles = track.returned ? [resultName(call)] : [];
    for (const { place } of track.stores) {
      const [first, ...others] = place.steps;
      const parameter = place.root.kind === "variable" ? mapping.owner.parameters.indexOf(place.root.id) : -1;
      if (parameter >= 0 && first?.kind === "deref" && others.length === 0) handles.push(`<A${call.id}:${parameter}>`);
    }
    const parameter = this.#parameterOf(mapping);
    const buffer = parameter === undefined ? undefined : call.arguments[parameter];
    const site: MapSite = {
      owner: caller,
      call,
      buffer: buffer && values.settled ? values.evaluate(environment, buffer) : undefined,
      handles,
      fields: [...track.fields],
      succeeds:
        !track.returned && mapping.owner.result.kind === "integer" && mapping.owner.result.bits !== 1
          ? true
          : undefined,
      inside: (rest, access) => track.site.inside(rest, access),
    };
    return { ...mapping, owner: caller, call, buffer, track: walk(site, values, this) };
  }

  /** Whether the helper leaves a buffer of its caller mapped on every way on which it succeeds. */
  mapsForCaller(mapping: Mapping): boolean {
    return mapping.track.leavesMapped && this.#parameterOf(mapping) !== undefined;
  }

  valuesOf(owner: ProgramFunction): OwnershipValues {
    const known = this.#values.get(owner);
    if (known) return known;
    const made = new OwnershipValues(owner, workingsOf(this.#facts).index);
    this.#values.set(owner, made);
    return made;
  }

  api(caller: ProgramFunction, call: CallStatement): ApiFunction | undefined {
    return workingsOf(this.#facts).index.api(caller, call);
  }
  callees(caller: ProgramFunction, call: CallStatement): readonly ProgramFunction[] {
    return workingsOf(this.#facts).index.callees(caller, call);
  }
  releases(target: ProgramFunction): boolean {
    const effects = this.effectsOf(target);
    return [...releasing].some((effect) => effects.has(effect));
  }
  isOnlyCleared(field: string): boolean {
    const stores = workingsOf(this.#facts).index.storesTo(field);
    return (
      stores.length > 0 &&
      stores.every(({ statement }) => {
        if (statement.kind !== "assign") return false;
        const value = peel(statement.value);
        return (value.kind === "constant" && value.value === 0n) || (value.kind === "symbol" && value.name === "false");
      })
    );
  }
  unmaps(target: ProgramFunction): boolean {
    const effects = this.effectsOf(target);
    return [...unmapping].some((effect) => effects.has(effect));
  }
  checks(target: ProgramFunction): boolean {
    return this.effectsOf(target).has("check-handle");
  }
  handsBack(target: ProgramFunction): boolean {
    const effects = this.effectsOf(target);
    return [...handingBack].some((effect) => effects.has(effect));
  }

  /** Effects of the calls in a function and in what it calls. */
  effectsOf(target: ProgramFunction): ReadonlySet<Effect> {
    const known = this.#effects.get(target);
    if (known) return known;
    const seen = new Set<ProgramFunction>([target]);
    const effects = new Set<Effect>();
    for (const owner of seen)
      for (const block of owner.blocks)
        for (const statement of block.statements) {
          if (statement.kind !== "call") continue;
          const api = this.api(owner, statement);
          if (api) effects.add(api.effect);
          for (const callee of this.callees(owner, statement)) if (seen.size < 200) seen.add(callee);
          // `kref_put(&x->ref, x_release)`: what is handed to a call may be called by it.
          for (const given of statement.arguments.map(peel)) {
            const callback =
              given.kind === "function" ? this.#facts.unit.functionNamed(given.name, owner.file) : undefined;
            if (callback && seen.size < 200) seen.add(callback);
          }
        }
    this.#effects.set(target, effects);
    return effects;
  }

  #mapping(owner: ProgramFunction, call: CallStatement, api: ApiFunction): Mapping {
    const argument = (...roles: readonly string[]): Expression | undefined => {
      const at = api.parameters.findIndex((one) => roles.includes(one.role));
      return at < 0 ? undefined : call.arguments[at];
    };
    const buffer = argument("cpu", "data") ?? argument("page", "sg", "sgt");
    const size = argument("size", "length");
    const attrs = argument("attrs");
    const values = this.valuesOf(owner);
    let track = this.#tracks.get(call);
    if (!track) {
      const site = this.#site(owner, call, api, buffer, size);
      track = walk(site, values, this);
      this.#tracks.set(call, track);
    }
    const direction = argument("direction");
    return {
      owner,
      call,
      made: { owner, call, api },
      direction: direction ? directionOf(textOfValue(values.evaluate(values.before(call), direction))) : "unknown",
      buffer,
      size,
      skipsSync: attrs !== undefined && textOfValue(values.evaluate(values.before(call), attrs)) !== "#0",
      track,
    };
  }

  #site(
    owner: ProgramFunction,
    call: CallStatement,
    api: ApiFunction,
    buffer: Expression | undefined,
    size: Expression | undefined,
  ): MapSite {
    const values = this.valuesOf(owner);
    const environment = values.before(call);
    let at = buffer && values.settled ? values.evaluate(environment, buffer) : undefined;
    if (at && api.parameters.some((one) => one.role === "page")) {
      const offset = api.parameters.findIndex((one) => one.role === "offset");
      const by = call.arguments[offset];
      const page = /^page\((.*)\)$/.exec(at.object);
      const start = page ? { object: page[1] ?? "", path: at.path } : plain(`virt(${textOfValue(at)})`);
      const text = by ? textOfValue(values.evaluate(environment, by)) : "#0";
      at = page !== null || text === "#0" ? start : { object: start.object, path: `${start.path}+${text}` };
    }
    const length = size && textOfValue(values.evaluate(environment, size));
    return {
      owner,
      call,
      buffer: at,
      handles: [resultName(call)],
      fields: [],
      succeeds: undefined,
      ...(api.error === "errno" ? { fails: "errno" } : {}),
      inside: (rest, access) => inside(rest, access, buffer, size, length),
    };
  }

  /** The parameter that is the buffer's start in the helper. */
  #parameterOf(mapping: Mapping): number | undefined {
    const { buffer } = mapping.track.site;
    const variable = buffer?.path === "" ? /^<P(\d+)>$/.exec(buffer.object)?.[1] : undefined;
    const at = variable === undefined ? -1 : mapping.owner.parameters.indexOf(Number(variable));
    return at < 0 ? undefined : at;
  }
}

/**
 * Whether the bytes that an access touches are certainly within the mapped ones.
 * `rest` is what follows the buffer's start: a byte or field beyond an unknown size is not certain.
 */
function inside(
  rest: string,
  access: CpuAccess,
  buffer: Expression | undefined,
  size: Expression | undefined,
  length: string | undefined,
): boolean {
  if (rest === "") return length !== "#0";
  if (/^(-|\+#-)/.test(rest)) return false;
  if (rest.startsWith(".")) return coversRecord(buffer, size);
  const constant = /^\+#(\d+)$/.exec(rest);
  const bytes = /^#(\d+)$/.exec(length ?? "");
  if (constant && bytes) return (Number(constant[1]) + 1) * elementBytes(access) <= Number(bytes[1]);
  // An index that is made of the size points to its end.
  return length === undefined || !rest.includes(length);
}

function elementBytes(access: CpuAccess): number {
  const type = access.place?.type;
  return type?.kind === "integer" && typeof type.bits === "number" ? Math.max(1, type.bits / 8) : 1;
}

/** A record is mapped whole where the size says so; memory without a record's type is what the driver reads into it. */
function coversRecord(buffer: Expression | undefined, size: Expression | undefined): boolean {
  const record = buffer && recordBehind(typeOf(peel(buffer)));
  if (record === undefined) return true;
  return size !== undefined && mentionsSizeOf(size, record);
}

function recordBehind(type: Type): string | undefined {
  return type.kind === "pointer" && type.target.kind === "record" ? typeName(type.target) : undefined;
}

function mentionsSizeOf(size: Expression, record: string): boolean {
  switch (size.kind) {
    case "sizeof":
      return typeName(size.operand) === record;
    case "binary":
      return size.operator === "+" && (mentionsSizeOf(size.left, record) || mentionsSizeOf(size.right, record));
    case "cast":
      return mentionsSizeOf(size.operand, record);
    default:
      return false;
  }
}

/** The direction that a value stands for: the enumerator, its number, or the old PCI_DMA_ name. */
export function directionOf(value: string): Direction {
  if (/TO_?DEVICE$/.test(value) || value === "#1") return "to-device";
  if (/FROM_?DEVICE$/.test(value) || value === "#2") return "from-device";
  if (/BIDIRECTIONAL$/.test(value) || value === "#0") return "bidirectional";
  return "unknown";
}
