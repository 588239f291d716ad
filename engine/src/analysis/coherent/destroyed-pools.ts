/** Pools that are used behind their own dma_pool_destroy() (mm/dmapool.c: it frees the pool itself, linux 6.12.117). */
import type { Place, Statement } from "../../program/program.ts";
import { placeKey, targetOf, walkPlace } from "../../program/visit.ts";
import type { ApiCall, Facts } from "../facts.ts";
import { flowOf, successors } from "../flow/flow.ts";
import { placeOf } from "../streaming/mapped-counts.ts";

export interface PoolUse {
  readonly destroyed: ApiCall;
  readonly use: ApiCall;
  /** The pool as the use spells it. */
  readonly pool: string;
}

/** Argument that is the pool. */
const uses: Readonly<Record<string, number>> = {
  dma_pool_alloc: 0,
  dma_pool_zalloc: 0,
  dma_pool_free: 0,
  dma_pool_destroy: 0,
};

/** Calls that get a pool which a way from its destruction leads to, while nothing gives the place another pool. */
export function usesOfDestroyedPools(facts: Facts): readonly PoolUse[] {
  if (facts.callsTo("dma_pool_destroy").length === 0) return [];
  const calls = facts.callsWith("allocate", "free").filter((call) => Object.hasOwn(uses, call.name));
  const found: PoolUse[] = [];
  for (const destroyed of calls) {
    if (destroyed.name !== "dma_pool_destroy" || destroyed.statement.macro !== undefined) continue;
    const pool = poolOf(destroyed);
    if (!pool) continue;
    for (const use of firstUses(destroyed, pool, calls)) {
      const place = poolOf(use);
      if (place) found.push({ destroyed, use, pool: facts.textOfPlace(use.function, place) });
    }
  }
  return found;
}

function poolOf({ name, statement }: ApiCall): Place | undefined {
  const argument = statement.arguments[uses[name] ?? 0];
  return argument && placeOf(argument);
}

/** The first use on each way on from the call. */
function firstUses(destroyed: ApiCall, pool: Place, calls: readonly ApiCall[]): readonly ApiCall[] {
  const { function: owner, statement: start } = destroyed;
  const key = placeKey(pool);
  const home = flowOf(owner).locate(start.id);
  if (!home) return [];
  const byStatement = new Map<Statement, ApiCall>();
  for (const call of calls) {
    const place = call.function === owner ? poolOf(call) : undefined;
    if (place && placeKey(place) === key) byStatement.set(call.statement, call);
  }
  const variables = variablesOf(pool);
  const found = new Set<ApiCall>();
  const seen = new Set<number>();
  const waiting: { readonly block: number; readonly index: number }[] = [{ block: home.block, index: home.index + 1 }];
  for (const { block, index } of waiting) {
    const at = owner.blocks[block];
    if (!at) continue;
    let ended = false;
    for (const statement of at.statements.slice(index)) {
      const use = byStatement.get(statement);
      if (use) found.add(use);
      ended = use !== undefined || changes(statement, key, variables);
      if (ended) break;
    }
    const { terminator } = at;
    if (ended || (terminator.kind === "iterate" && terminator.assigns.some((place) => isOneOf(place, variables))))
      continue;
    for (const next of successors(terminator))
      if (!seen.has(next)) {
        seen.add(next);
        waiting.push({ block: next, index: 0 });
      }
  }
  return [...found];
}

/** Whether the place may hold another pool behind the statement. A call may store there, wherever it can reach. */
function changes(statement: Statement, key: string, variables: ReadonlySet<number>): boolean {
  if (statement.kind === "opaque") return true;
  const target = targetOf(statement);
  if (target && (placeKey(target) === key || isOneOf(target, variables))) return true;
  if (statement.kind !== "call") return false;
  return (
    statement.callee.kind === "indirect" ||
    !/^(dma_|kfree|k?vfree|free_|mutex_|spin_|dev_|pr_)/.test(statement.callee.name)
  );
}

function isOneOf(place: Place, variables: ReadonlySet<number>): boolean {
  return place.root.kind === "variable" && place.steps.length === 0 && variables.has(place.root.id);
}

function variablesOf(place: Place): ReadonlySet<number> {
  const ids = new Set<number>();
  if (place.root.kind === "variable") ids.add(place.root.id);
  walkPlace(place, (part) => {
    if ((part.kind === "read" || part.kind === "address") && part.place.root.kind === "variable")
      ids.add(part.place.root.id);
  });
  return ids;
}
