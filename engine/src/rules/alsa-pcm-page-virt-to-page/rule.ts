/**
 * Looks for PCM .page and .mmap operations that make a page of the buffer by virt_to_page() where ALSA or the driver allocated it as
 * DMA memory. Silent for buffers of ordinary pages and of vmalloc().
 */
import { isCoherentMemory, isPointer } from "../../analysis/coherent/coherent-uses.ts";
import type { Facts } from "../../analysis/facts.ts";
import { pathTo, subjectAt } from "../../analysis/flow/finding-path.ts";
import { forbiddenOrigins } from "../../analysis/values/judgement.ts";
import type { Rule, RuleFinding } from "../rule.ts";

const rule: Rule = {
  meta: {
    id: "alsa/pcm-page-virt-to-page",
    group: "alsa",
    severity: "error",
    stage: "preview",
    summary: "A PCM operation must not make pages of a DMA buffer by virt_to_page(): ALSA's core maps such buffers.",
    why: "runtime->dma_area of a device buffer need not lie in the linear map: virt_to_page() computes a page that is not the buffer's, the application plays from it, and the device plays silence or noise.",
    remedy:
      "Delete the operation and allocate with snd_pcm_set_managed_buffer_all(pcm, SNDRV_DMA_TYPE_DEV, dev, size, max): the core maps by the buffer's type.",
    basis: [
      "sound/core/pcm_native.c:3834-3862,3889-3899 (6.12.117): the core takes .page first, else maps by the buffer's type",
      "sound/core/memalloc.c:483-488 (6.12.117): device buffers are mapped with dma_mmap_coherent()",
      "Benjamin Herrenschmidt, alsa-devel, 7 May 2008: virt_to_page() of dma_alloc_coherent() memory does not work",
    ],
    when: "Machines whose coherent memory is remapped (ARM, PowerPC 4xx, MIPS), and those with an IOMMU.",
    subsumes: ["dma/coherent-virt-to-page"],
    fixes: [],
  },
  check,
};
export default rule;

const records = new Set(["snd_pcm_ops", "snd_soc_component_driver"]);

function* check(facts: Facts): Iterable<RuleFinding> {
  const tables = facts.unit.opsTables.filter((table) => table.record !== undefined && records.has(table.record));
  if (tables.length === 0) return;
  for (const call of facts.callsWith("virt-to-page")) {
    const { function: owner, statement } = call;
    const entry = tables
      .filter((table) => table.file === owner.file)
      .flatMap((table) => table.entries)
      .find((one) => one.value === owner.name && (one.field === "page" || one.field === "mmap"));
    const subject = entry && call.argument("cpu");
    if (!subject) continue;
    const value = facts.valueOf({ function: owner, statement: statement.id }, subject);
    for (const { origin } of forbiddenOrigins(value, (one) => isCoherentMemory(one) && isPointer(one))) {
      const name = subjectAt(facts, owner, statement.id, subject, origin);
      yield {
        ...statement.calleeSpan,
        message: `The PCM's .${entry.field} operation makes a page of ${name}, a DMA buffer, by ${call.name}(): the core maps it by its type, without the operation.`,
        function: owner.name,
        path: pathTo(origin, owner, statement.id, statement.calleeSpan, "page made by linear arithmetic here"),
        subjects: [name],
        fixes: [],
      };
    }
  }
}
