/**
 * Scatter-gather tables that dma_get_sgtable() makes of coherent memory, and who works on their pages through the cache. Such a table
 * is only for handing over: a map with CPU sync, a sync and a read by sg_virt() go through the linear map, which is another alias of the
 * memory than the one in use (kernel/dma/mapping.c:471-481, linux 6.12.117).
 */
import type { Expression, Place, ProgramFunction } from "../../program/program.ts";
import { targetOf } from "../../program/visit.ts";
import type { ApiCall, Facts } from "../facts.ts";
import { leadsTo } from "../flow/ways-between.ts";
import { listNames } from "../streaming/scatter-lists.ts";
import { fieldKey } from "../values/field-keys.ts";
import { peel } from "../values/local-evaluation.ts";
import { workingsOf } from "../unit-facts.ts";

/** A call that works on the pages of such a table. */
export interface TableOfCoherent {
  readonly call: ApiCall;
  /** The table, list or entry that it gets. */
  readonly subject: Expression;
  /** The dma_get_sgtable() that made the table. */
  readonly made: ApiCall;
  readonly how: "map" | "sync" | "read";
  /** The attributes of a map where they are the constant 0. */
  readonly noAttributes?: Expression;
  /** Unmaps of the same table, wherever they are. */
  readonly unmaps: readonly ApiCall[];
}

interface Table {
  readonly made: ApiCall;
  readonly names: ReadonlySet<string>;
}

const makers = ["dma_get_sgtable", "dma_get_sgtable_attrs"];
const skipsSync = "DMA_ATTR_SKIP_CPU_SYNC";

/** All of the unit; of a table that is mapped wrongly only the map is told, not what is done to it afterwards. */
export function tablesOfCoherent(facts: Facts): readonly TableOfCoherent[] {
  if (makers.every((name) => facts.callsTo(name).length === 0)) return [];
  const fills = [...facts.callsWith("sg-set"), ...facts.callsWith("sg-init")].map((made) => ({
    made,
    names: namesOf(facts, made),
  }));
  const tables = fills.filter(({ made }) => makers.includes(made.name));
  const uses = [
    ...facts.callsWith("map-sg").map((call) => ({ call, how: "map" as const })),
    ...facts.callsWith("sync-sg-for-cpu", "sync-sg-for-device").map((call) => ({ call, how: "sync" as const })),
    ...facts
      .callsWith("sg-read", "copies")
      .filter(({ name }) => name === "sg_virt" || name.startsWith("sg_"))
      .filter(({ name, api }) => name === "sg_virt" || api.effect === "copies")
      .map((call) => ({ call, how: "read" as const })),
  ];
  const found: TableOfCoherent[] = [];
  const mapped = new Set<ApiCall>();
  for (const { call, how } of uses) {
    const subject = subjectOf(call);
    if (!subject) continue;
    const names = listNames(facts, call.function, call.statement, subject);
    const table = tables.find((one) => arrives(facts, one, fills, call, names));
    if (!table || mapped.has(table.made)) continue;
    if (how === "map") {
      mapped.add(table.made);
      if (!syncsCaches(facts, call)) continue;
    }
    const unmaps = how === "map" ? facts.callsWith("unmap-sg").filter((one) => shares(namesOf(facts, one), names)) : [];
    const attributes = how === "map" ? call.argument("attrs") : undefined;
    const none = attributes?.kind === "constant" && attributes.value === 0n && attributes.name === undefined;
    found.push({ call, subject, made: table.made, how, unmaps, ...(none ? { noAttributes: attributes } : {}) });
  }
  return found;
}

function subjectOf(call: ApiCall): Expression | undefined {
  return call.argument("sgt") ?? call.argument("sg");
}

function namesOf(facts: Facts, call: ApiCall): ReadonlySet<string> {
  const subject = subjectOf(call);
  return subject ? listNames(facts, call.function, call.statement, subject) : new Set();
}

function shares(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  for (const name of a) if (b.has(name)) return true;
  return false;
}

/** Whether the table that the call gets may be this one: on some way in one function, and nothing else it can be over the unit. */
function arrives(
  facts: Facts,
  { made, names }: Table,
  fills: readonly Table[],
  call: ApiCall,
  used: ReadonlySet<string>,
): boolean {
  const common = new Set([...names].filter((name) => used.has(name)));
  if (common.size === 0) return false;
  const rivals = fills.filter((one) => !makers.includes(one.made.name) && shares(one.names, common));
  if (made.function === call.function) {
    const ends = new Set(
      rivals.filter((one) => one.made.function === made.function).map((one) => one.made.statement.id),
    );
    for (const free of facts.callsTo("sg_free_table")) if (free.function === made.function) ends.add(free.statement.id);
    return leadsTo(made.function, made.statement.id, call.statement.id, { statement: ({ id }) => ends.has(id) });
  }
  return rivals.length === 0 && [...common].every((name) => holdsOwnTables(facts, name));
}

/** Whether a pointer field of that name holds nothing but tables that the driver allocates itself. */
function holdsOwnTables(facts: Facts, key: string): boolean {
  const { index } = workingsOf(facts);
  if (key.includes(":") && !key.startsWith("global:")) return true;
  return index.storesTo(key).every(({ function: owner, statement }) => {
    const target = targetOf(statement);
    if (!target || fieldKey(target.steps) !== key) return true;
    if (statement.kind === "call") return facts.apiOf(owner, statement)?.effect === "allocate";
    if (statement.kind !== "assign") return true;
    const value = facts.valueOf({ function: owner, statement: statement.id }, statement.value);
    return value.contexts.every(({ origins }) => origins.every(({ kind }) => kind === "linear" || kind === "null"));
  });
}

/** Whether the map certainly works on the caches: its attributes are known, and do not tell it to leave them alone. */
function syncsCaches(facts: Facts, call: ApiCall): boolean {
  const attributes = call.argument("attrs");
  if (!attributes) return true;
  const names = attributesIn(facts, call.function, attributes, new Set());
  return names !== undefined && !names.has(skipsSync);
}

/** The names that an expression's value may be made of; undefined where something else may be in it. */
function attributesIn(
  facts: Facts,
  owner: ProgramFunction,
  expression: Expression,
  seen: Set<string>,
): ReadonlySet<string> | undefined {
  const one = peel(expression);
  if (one.kind === "binary" && one.operator === "|") {
    const left = attributesIn(facts, owner, one.left, seen);
    const right = attributesIn(facts, owner, one.right, seen);
    return left && right && new Set([...left, ...right]);
  }
  const name = one.kind === "symbol" || one.kind === "constant" ? one.name : undefined;
  if (name !== undefined) return name.startsWith("DMA_ATTR_") ? new Set([name]) : undefined;
  if (one.kind === "constant") return one.value === 0n ? new Set() : undefined;
  return one.kind === "read" ? attributesHeld(facts, owner, one.place, seen) : undefined;
}

/** What a local or a field may hold, by all that is stored there. */
function attributesHeld(
  facts: Facts,
  owner: ProgramFunction,
  place: Place,
  seen: Set<string>,
): ReadonlySet<string> | undefined {
  const field = fieldKey(place.steps);
  const local = place.root.kind === "variable" && place.steps.length === 0 ? place.root.id : undefined;
  const key = local === undefined ? field : `${owner.name}:${local}`;
  if (key === undefined || (local !== undefined && owner.parameters.includes(local))) return undefined;
  if (seen.has(key)) return new Set();
  seen.add(key);
  const stores =
    local === undefined
      ? workingsOf(facts).index.storesTo(key)
      : owner.blocks
          .flatMap((block) => block.statements)
          .filter((statement) => {
            const target = targetOf(statement);
            return target?.root.kind === "variable" && target.root.id === local && target.steps.length === 0;
          })
          .map((statement) => ({ function: owner, statement }));
  const names = new Set<string>();
  for (const { function: where, statement } of stores) {
    if (statement.kind !== "assign") return undefined;
    const held = attributesIn(facts, where, statement.value, seen);
    if (!held) return undefined;
    for (const name of held) names.add(name);
  }
  return stores.length > 0 ? names : undefined;
}
