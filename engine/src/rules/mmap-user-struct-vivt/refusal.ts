/**
 * The fix of dma/mmap-user-struct-vivt: .mmap refuses before it maps. Only where nothing has to be undone before the return: no
 * lock is held and nothing was taken.
 */
import type { Facts } from "../../analysis/facts.ts";
import { flowOf } from "../../analysis/flow/flow.ts";
import { indentationAt, insertLineBefore, startWithComment } from "../../analysis/fixes/source-edits.ts";
import type { UserMapping } from "../../analysis/aliases/user-mapping.ts";
import type { ProgramFunction } from "../../program/program.ts";
import type { RuleFix } from "../rule.ts";

/** Calls that leave nothing behind for a refusal to undo: conversions, protections and flags of the VMA, messages. */
const leavesNothing =
  /^(virt_to_\w+|__pa|page_to_\w+|PFN_\w+|PHYS_PFN|vmalloc_to_\w+|vma_pages|pgprot_\w+|vm_get_page_prot|vm_flags_\w+|container_of|PAGE_ALIGN|min|max|(dev|platform|pci)_get_drvdata|(pr|dev)_(dbg|debug|info|warn|err|notice)|printk|_dev_\w+)$/;

/** One fix or none. The predicate is there from 6.9 on (include/linux/cacheinfo.h:156-160, linux 6.12.117). */
export function refusal(facts: Facts, mapping: UserMapping): readonly RuleFix[] {
  const { function: owner, statement } = mapping;
  if (owner.language !== "c" || statement.kind !== "call" || !isMmap(facts, owner)) return [];
  const flow = flowOf(owner);
  const block = flow.locate(statement.id)?.block;
  if (block === undefined || flow.reaches(block, block)) return [];
  const before = flow.order
    .flatMap((id) => owner.blocks[id]?.statements ?? [])
    .filter((one) => one.id < statement.id && (one.kind === "call" || one.kind === "opaque"));
  const clean = before.every(
    (one) => one.kind === "call" && one.callee.kind === "direct" && leavesNothing.test(one.callee.name),
  );
  const text = facts.unit.files.get(statement.file)?.text;
  if (!clean || text === undefined) return [];
  const indentation = indentationAt(text, statement.start);
  const newline = text.includes("\r\n") ? "\r\n" : "\n";
  const line = insertLineBefore(
    facts.unit,
    statement,
    `if (cpu_dcache_is_aliasing())${newline}${indentation}\treturn -ENXIO;`,
  );
  if (!line) return [];
  // A comment about the mapping stays with it.
  const start = startWithComment(text, line.start, indentation);
  return [{ id: "refuse-aliasing", edits: [{ ...line, start, end: start }] }];
}

/** A function that returns an int and gets the VMA, and is no fault handler, which before 4.17 looked the same. */
function isMmap(facts: Facts, owner: ProgramFunction): boolean {
  const { result } = owner;
  if (result.kind !== "integer" || result.name !== "int") return false;
  const takes = (record: string): boolean =>
    owner.parameters.some((id) => {
      const type = owner.variables[id]?.type;
      return type?.kind === "pointer" && type.target.kind === "record" && type.target.name === record;
    });
  const handles = facts.unit.opsTables.some(
    (table) =>
      table.record === "vm_operations_struct" &&
      table.entries.some((entry) => entry.value === owner.name && table.file === owner.file),
  );
  return takes("vm_area_struct") && !takes("vm_fault") && !handles;
}
