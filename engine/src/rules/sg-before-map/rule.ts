/**
 * Looks for lists whose device side is used unmapped: sg_dma_address(), sg_dma_len() and dmaengine_prep_slave_sg() on a way from the
 * list's making to a use on which nobody can have mapped it, and dma_sync_sg_*() of a list that the driver builds and nobody maps. Silent
 * where the file fills in the addresses by hand and reads them.
 */
import type { Facts } from "../../analysis/facts.ts";
import { unmappedLists } from "../../analysis/streaming/unmapped-lists.ts";
import type { Rule, RuleFinding } from "../rule.ts";

const rule: Rule = {
  meta: {
    id: "dma/sg-before-map",
    group: "streaming",
    severity: "error",
    stage: "stable",
    summary: "The DMA addresses and lengths of a scatterlist hold nothing before it is mapped.",
    why: "sg_dma_address() of an entry that nobody mapped is what was in memory before, often 0: the device reads or writes there. A sync goes by the same addresses, and works on the caches of other memory.",
    remedy: "Call dma_map_sg() first, test its result, and use as many entries as it returned.",
    basis: [
      "include/linux/scatterlist.h:24-36 (6.12.117): only after dma_map_sg() can the DMA address and length be read",
      "Documentation/driver-api/dmaengine/client.rst, section 4 (6.12.117): the scatterlist must be mapped before dmaengine_prep_slave_sg()",
      'kernel/dma/debug.c:1096-1113 (6.12.117): "device driver tries to sync DMA memory it has not allocated"',
    ],
    when: "Everywhere.",
    proof: "unmapped-list",
    fixes: [],
  },
  check,
};
export default rule;

const uses = {
  read: "has no DMA side yet",
  prepare: "goes to the DMA engine without addresses",
  sync: "is synced",
};

function* check(facts: Facts): Iterable<RuleFinding> {
  for (const { function: owner, use, name, list, made, how } of unmappedLists(facts)) {
    const span = use.calleeSpan;
    const text = facts.textOf(owner, list);
    const told = {
      read: `${name}(${text}) is read before anybody has mapped the list that ${made.name}() makes: there is no DMA address in it yet.`,
      prepare: `${name}() gets ${text}, a list that ${made.name}() makes and nobody has mapped: there are no DMA addresses in it yet.`,
      sync: `${name}() tries to sync DMA memory it has not allocated: nobody maps ${text}, the list that ${made.name}() makes.`,
    };
    yield {
      ...span,
      message: told[how],
      function: owner.name,
      path: [
        {
          ...made.statement.calleeSpan,
          function: made.function.name,
          statement: made.statement.id,
          role: "pass",
          note: `list made by ${made.name}() here`,
        },
        { ...span, function: owner.name, statement: use.id, role: "sink", note: `${uses[how]} here` },
      ],
      subjects: [text, how],
      severity: how === "sync" ? "warning" : "error",
      fixes: [],
    };
  }
}
