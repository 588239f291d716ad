/**
 * Looks for whole socket buffers mapped from skb->data although their driver lets the network stack hand over fragments. Silent where the
 * function or its caller asks for fragments or gathers them.
 */
import type { Facts } from "../../analysis/facts.ts";
import { linearMappings } from "../../analysis/buffers/linear-skbs.ts";
import type { Rule, RuleFinding } from "../rule.ts";

const rule: Rule = {
  meta: {
    id: "dma/map-skb-linear-only",
    group: "streaming",
    severity: "warning",
    stage: "preview",
    summary: "skb->data holds skb_headlen() bytes; the fragments are mapped on their own.",
    why: "A driver that offers NETIF_F_SG gets packets whose tail lies in other pages. skb->len counts them, so the device reads beyond the linear part and sends what lies behind it in memory.",
    remedy:
      "Map skb_headlen(skb) bytes of skb->data and each fragment with skb_frag_dma_map(), or call skb_linearize() first.",
    basis: [
      "include/linux/skbuff.h, skb_headlen() (6.12.117)",
      "Documentation/networking/netdev-features.rst (6.12.117): NETIF_F_SG",
      "Documentation/core-api/dma-api-howto.rst:508-511 (6.12.117)",
    ],
    when: "Everywhere.",
    fixes: [{ id: "headlen", title: "Map skb_headlen() bytes", safety: "review" }],
  },
  check,
};
export default rule;

function* check(facts: Facts): Iterable<RuleFinding> {
  for (const { call, skb } of linearMappings(facts)) {
    const { function: owner, statement, name } = call;
    const bytes = call.argument("size") ?? call.argument("length");
    const step = { function: owner.name, statement: statement.id };
    yield {
      ...statement.calleeSpan,
      message: `${name}() maps ${skb}->len bytes from ${skb}->data, but fragments lie elsewhere and the device offers NETIF_F_SG.`,
      function: owner.name,
      path: [{ ...statement.calleeSpan, ...step, role: "sink", note: "mapped as one piece here" }],
      subjects: [`${skb}->data`],
      fixes: bytes
        ? [
            {
              id: "headlen",
              edits: [{ file: bytes.file, start: bytes.start, end: bytes.end, newText: `skb_headlen(${skb})` }],
            },
          ]
        : [],
    };
  }
}
