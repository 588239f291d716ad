/**
 * User pages that are mapped for DMA after get_user_pages(): only pin_user_pages() tells the memory manager that a device writes them
 * (Documentation/core-api/pin_user_pages.rst:62-110, 6.12.117).
 */
import type { CallStatement, Expression, ProgramFunction } from "../../program/program.ts";
import type { ApiCall, Facts } from "../facts.ts";
import { flowOf } from "../flow/flow.ts";
import { workingsOf } from "../unit-facts.ts";
import { userPagesAt } from "./user-page-names.ts";

export interface UnpinnedPages {
  readonly function: ProgramFunction;
  readonly get: CallStatement;
  readonly name: string;
  /** The call that makes the pages the device's. */
  readonly use: CallStatement;
  readonly user: string;
}

const getters = ["get_user_pages", "get_user_pages_fast", "get_user_pages_unlocked", "get_user_pages_remote"];
const notifiers = ["mmu_interval_notifier_insert", "mmu_notifier_register", "mmu_notifier_get"];
const lists = [
  "sg_alloc_table_from_pages",
  "sg_alloc_table_from_pages_segment",
  "drm_prime_pages_to_sg",
  "sg_set_page",
];
const singles = ["dma_map_single", "dma_map_single_attrs"];
const maps = ["dma_map_page", "dma_map_page_attrs", "dma_map_sg", "dma_map_sg_attrs", "dma_map_sgtable"];

/**
 * Functions that get user pages and map pages for DMA behind it; a list of pages counts when the function maps it, an address when it
 * is that of one of the pages.
 */
export function unpinnedPages(facts: Facts): readonly UnpinnedPages[] {
  // Who is told when the mapping changes needs no pin (pin_user_pages.rst, case 3).
  if (notifiers.some((name) => facts.callsTo(name).length > 0)) return [];
  const found: UnpinnedPages[] = [];
  for (const name of getters)
    for (const site of facts.callsTo(name)) {
      const own = (names: readonly string[]): readonly (readonly [string, CallStatement])[] =>
        names.flatMap((one) =>
          facts
            .callsTo(one)
            .filter(
              (other) =>
                other.function === site.function &&
                flowOf(site.function).follows(site.statement.id, other.statement.id),
            )
            .map((other) => [one, other.statement] as const),
        );
      const listed = own(lists);
      const mapped =
        own(maps).find(([map]) => map.startsWith("dma_map_page") || listed.length > 0) ??
        own(singles).find(([, map]) => isAddressOfPage(facts, site.function, map));
      if (mapped) found.push({ function: site.function, get: site.statement, name, use: mapped[1], user: mapped[0] });
    }
  return found;
}

/** Whether what is mapped is the address, by page_address() or the like, of a page that user space brought. */
function isAddressOfPage(facts: Facts, owner: ProgramFunction, map: CallStatement): boolean {
  const address = map.arguments[1];
  if (!address) return false;
  const value = workingsOf(facts).provenance.localValues(owner).valueAt(map.id, address);
  return (
    value.some(({ conversions }) => conversions.includes("virt")) &&
    userPagesAt(facts, owner, map, address) !== undefined
  );
}

export interface MappedUserAddress {
  readonly call: ApiCall;
  readonly address: Expression;
}

/** Streaming maps that are given a pointer of user space: `const char __user *buf`. */
export function mappedUserAddresses(facts: Facts): readonly MappedUserAddress[] {
  return facts.callsWith("map-streaming").flatMap((call): readonly MappedUserAddress[] => {
    const address = call.argument("cpu");
    return address && isOfUserSpace(address) ? [{ call, address }] : [];
  });
}

function isOfUserSpace(address: Expression): boolean {
  for (let at = address; ; at = at.operand) {
    const type = at.kind === "cast" ? at.type : at.kind === "read" ? at.place.type : undefined;
    if (type?.kind === "pointer" && type.space === "user") return true;
    if (at.kind !== "cast") return false;
  }
}
