/** Looks for a barrier between processors where a descriptor's words have to be ordered for the device. */
import type { Facts } from "../../analysis/facts.ts";
import { makerOf } from "../../analysis/flow/finding-path.ts";
import { pathOfWords, unorderedWords } from "../../analysis/device/unordered-words.ts";
import type { FileSpan } from "../../text/span.ts";
import type { Rule, RuleFinding, RuleFix } from "../rule.ts";

const rule: Rule = {
  meta: {
    id: "dma/smp-barrier-for-device",
    group: "ordering",
    severity: "warning",
    stage: "preview",
    summary: "smp_mb() and its kin do not order anything for a device.",
    why: "On a kernel for one processor they are compiler barriers only, and on a weakly ordered machine they order the accesses of processors, which a device is not.",
    remedy: "Use dma_wmb() or dma_rmb(), or wmb() and rmb() where registers are concerned.",
    basis: [
      "Documentation/memory-barriers.txt:1842-1870 (6.12.117): SMP barriers are reduced to compiler barriers on uniprocessor kernels",
      "Documentation/memory-barriers.txt:1914-1956 (6.12.117): dma_wmb() and dma_rmb()",
    ],
    when: "Kernels for one processor on weakly ordered machines; elsewhere where the SMP barrier covers a smaller domain than the device is in (arm64: inner shareable).",
    fixes: [{ id: "dma-barrier", title: "Use the barrier for devices", safety: "safe" }],
  },
  check,
};
export default rule;

function* check(facts: Facts): Iterable<RuleFinding> {
  const told = new Set<number>();
  for (const word of unorderedWords(facts)) {
    const { access, before, meant, function: owner, verdict } = word;
    if (meant?.orders !== "smp" || told.has(meant.call.start)) continue;
    // A virtqueue's other side is a processor, the host's (Documentation/memory-barriers.txt:2936-2937, 6.12.117).
    if (meant.name.startsWith("virt_")) continue;
    told.add(meant.call.start);
    const name = facts.textOfPlace(owner, access.place);
    const other = facts.textOfPlace(owner, before.place);
    yield {
      ...meant.call.calleeSpan,
      message: `${meant.name}() orders processors only; ${other} and ${name} are in memory from ${makerOf(verdict.origin)}, which a device ${access.kind === "store" ? "reads" : "writes"}.`,
      function: owner.name,
      path: pathOfWords(facts, word, meant.call.calleeSpan, `meant to order ${other} and ${name}`),
      subjects: [name, other],
      fixes: barrierFix(meant.name, meant.call.calleeSpan, access.kind),
    };
  }
}

function barrierFix(name: string, span: FileSpan, kind: "store" | "load"): readonly RuleFix[] {
  const better = { smp_wmb: "dma_wmb", smp_rmb: "dma_rmb", smp_mb: kind === "store" ? "wmb" : "rmb" }[name];
  if (better === undefined) return [];
  return [
    {
      id: "dma-barrier",
      title: `Use ${better}()`,
      edits: [{ file: span.file, start: span.start, end: span.end, newText: better }],
    },
  ];
}
