/**
 * CPU access to a dma-buf through its kernel mapping without dma_buf_begin_cpu_access(): the exporter is not told, and does no cache
 * maintenance (drivers/dma-buf/dma-buf.c:1284-1344,1386-1441, linux 6.12.117).
 */
import type { CallStatement, Expression, Place, ProgramFunction, Statement } from "../../program/program.ts";
import { directName, expressionsOf, readsOf } from "../../program/visit.ts";
import type { Facts } from "../facts.ts";
import { flowOf } from "../flow/flow.ts";
import { peel } from "../values/local-evaluation.ts";

export interface UnbracketedAccess {
  readonly function: ProgramFunction;
  /** The call of dma_buf_vmap(). */
  readonly mapped: CallStatement;
  readonly statement: CallStatement;
  /** The buffer, as dma_buf_vmap() names it. */
  readonly buffer: Expression;
  readonly way: "read" | "write";
}

const mappers = ["dma_buf_vmap", "dma_buf_vmap_unlocked"];
/** Calls that begin an access, for a buffer or for all of a framebuffer's (drivers/gpu/drm/drm_gem_framebuffer_helper.c). */
const brackets = ["dma_buf_begin_cpu_access", "drm_gem_fb_begin_cpu_access"];

/** The first access of each kind in the function that maps the buffer. Silent where the driver begins an access anywhere. */
export function unbracketedAccesses(facts: Facts): readonly UnbracketedAccess[] {
  const sites = mappers.flatMap((name) => facts.callsTo(name));
  if (sites.length === 0 || brackets.some((name) => facts.callsTo(name).length > 0)) return [];
  const found: UnbracketedAccess[] = [];
  for (const { function: owner, statement: mapped } of sites) {
    const [buffer, map] = mapped.arguments;
    const place = map && peel(map);
    if (!buffer || place?.kind !== "address" || !facts.apiOf(owner, mapped)) continue;
    const { root, steps } = place.place;
    // Only a mapping that is this function's own: one in the driver's struct is used elsewhere, between calls nobody sees.
    if (root.kind !== "variable" || steps.length > 0 || escapes(owner, mapped, root.id)) continue;
    for (const way of ["read", "write"] as const) {
      const statement = firstAccess(owner, root.id, way);
      if (statement) found.push({ function: owner, mapped, statement, buffer, way });
    }
  }
  return found;
}

const readers = /^iosys_map_(memcpy_from|rd|rd_field)$/;
const writers = /^iosys_map_(memcpy_to|memset|wr|wr_field)$/;

/** A call that copies through the mapping: iosys_map_memcpy_to() and kin, or memcpy() and memset() of map.vaddr or a copy of it. */
function firstAccess(owner: ProgramFunction, map: number, way: "read" | "write"): CallStatement | undefined {
  const addresses = addressesOf(owner, map);
  const isAddress = (one: Expression | undefined): boolean =>
    one !== undefined && readsOf(one).some((place) => isVaddr(place, map) || isOne(place, addresses));
  for (const statement of statementsOf(owner)) {
    if (statement.kind !== "call" || statement.callee.kind !== "direct") continue;
    const { name } = statement.callee;
    const [first, second] = statement.arguments;
    // iosys_map_memcpy_from() has the mapping second, all others first.
    if (
      (way === "read" ? readers : writers).test(name) &&
      statement.arguments.slice(0, 2).some((one) => isMap(one, map))
    )
      return statement;
    if (way === "write" ? /^(memcpy|memmove|memset)$/.test(name) && isAddress(first) : false) return statement;
    if (way === "read" && /^(memcpy|memmove|memcmp|memchr_inv|copy_to_user)$/.test(name)) {
      if (isAddress(second) || (/^mem(cmp|chr_inv)$/.test(name) && isAddress(first))) return statement;
    }
  }
  return undefined;
}

/** Whether the mapping is handed to somebody who may begin the access: a function of the driver, or the caller. */
function escapes(owner: ProgramFunction, mapped: CallStatement, map: number): boolean {
  return statementsOf(owner).some((statement) => {
    if (statement.kind === "assign")
      return (
        statement.target.steps.length > 0 &&
        expressionsOf(statement).some((one) => readsOf(one).some((place) => isWhole(place, map)))
      );
    if (statement.kind !== "call" || statement === mapped) return false;
    const name = directName(statement);
    return !/^(dma_buf_v|iosys_map_)/.test(name) && statement.arguments.some((one) => isMap(one, map));
  });
}

/** Locals that hold `map.vaddr`. */
function addressesOf(owner: ProgramFunction, map: number): ReadonlySet<number> {
  const addresses = new Set<number>();
  for (const statement of statementsOf(owner)) {
    if (statement.kind !== "assign" || !readsOf(statement.value).some((place) => isVaddr(place, map))) continue;
    const { root, steps } = statement.target;
    if (root.kind === "variable" && steps.length === 0) addresses.add(root.id);
  }
  return addresses;
}

function statementsOf(owner: ProgramFunction): readonly Statement[] {
  return flowOf(owner).order.flatMap((id) => owner.blocks[id]?.statements ?? []);
}

function isMap(expression: Expression, map: number): boolean {
  const one = peel(expression);
  return one.kind === "address" && isWhole(one.place, map);
}

function isWhole({ root, steps }: Place, map: number): boolean {
  return root.kind === "variable" && root.id === map && steps.length === 0;
}

function isVaddr({ root, steps }: Place, map: number): boolean {
  const [first] = steps;
  return root.kind === "variable" && root.id === map && first?.kind === "field" && /^vaddr(_iomem)?$/.test(first.name);
}

function isOne({ root, steps }: Place, variables: ReadonlySet<number>): boolean {
  return root.kind === "variable" && steps.length === 0 && variables.has(root.id);
}
