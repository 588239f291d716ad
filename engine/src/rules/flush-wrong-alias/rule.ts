/**
 * Looks for cleans and invalidates of pages by their linear address in functions that write or read the same pages through a vmap().
 * Silent where the function treats the alias, too.
 */
import { type MisdirectedFlush, misdirectedFlushes } from "../../analysis/aliases/misdirected-flushes.ts";
import type { Facts } from "../../analysis/facts.ts";
import { peel } from "../../analysis/values/local-evaluation.ts";
import type { Rule, RuleFinding, RuleFix } from "../rule.ts";

const rule: Rule = {
  meta: {
    id: "dma/flush-wrong-alias",
    group: "aliases",
    severity: "warning",
    stage: "preview",
    summary: "A cache is cleaned by the address that was written, and invalidated by the address that is read.",
    why: "On a cache that is indexed by virtual address the vmap() and the linear map of a page have different lines. Cleaning the one leaves what was written through the other in the cache: the device reads old bytes, and the dirty lines may later overwrite what it wrote.",
    remedy: "flush_kernel_vmap_range() and invalidate_kernel_vmap_range() with the address that the CPU uses.",
    basis: [
      "Documentation/core-api/cachetlb.rst:374-398 (6.12.117): I/O to vmap areas needs the calls on that range",
      "Documentation/core-api/cachetlb.rst:229-253 (6.12.117): aliases of one page in a virtually indexed cache",
      "sound/core/memalloc.c:594-610 (6.12.117): the reference, by the alias's own address",
    ],
    when: "Caches that are indexed by virtual address. Where they are not, any address of the page will do.",
    fixes: [{ id: "flush-alias", title: "Treat the address that the CPU uses", safety: "review" }],
  },
  check,
};
export default rule;

function* check(facts: Facts): Iterable<RuleFinding> {
  for (const found of misdirectedFlushes(facts)) {
    const { flush, address, alias, access } = found;
    const { function: owner, statement, name } = flush;
    const linear = facts.textOf(owner, address);
    const used = facts.textOf(owner, access.pointer);
    const verb = access.kind === "store" ? "is written" : "is read";
    const { file, start, end } = access.statement.kind === "call" ? access.statement.calleeSpan : access.pointer;
    yield {
      ...statement.calleeSpan,
      message: `${name}() of ${linear} does not reach the lines of ${used}, the ${alias.name}() alias by which the memory ${verb}.`,
      function: owner.name,
      path: [
        {
          ...alias.statement.calleeSpan,
          function: alias.function.name,
          statement: alias.statement.id,
          role: "pass",
          note: "second address made here",
        },
        {
          file,
          start,
          end,
          function: owner.name,
          statement: access.statement.id,
          role: access.kind,
          note: access.kind === "store" ? "written through it here" : "read through it here",
        },
        {
          ...statement.calleeSpan,
          function: owner.name,
          statement: statement.id,
          role: "sink",
          note: "the other address treated here",
        },
      ],
      subjects: [linear],
      fixes: fixesOf(used, found),
    };
  }
}

/** Only where the call takes an address and a size, and the alias is a plain name: an end would have to be computed anew. */
function fixesOf(used: string, { flush, address, access }: MisdirectedFlush): readonly RuleFix[] {
  if (!/_kernel_vmap_range$/.test(flush.name) || peel(access.pointer).kind !== "read") return [];
  const { file, start, end } = address;
  return [{ id: "flush-alias", edits: [{ file, start, end, newText: used }] }];
}
