/**
 * Looks for kernel structures (no DMA) that user space maps while the kernel goes on writing them: on caches with aliases each side
 * has a line of its own. Silent where the driver flushes, asks cpu_dcache_is_aliasing(), or is built for some machines only.
 */
import type { Facts } from "../../analysis/facts.ts";
import { makerOf, pathTo, subjectAt } from "../../analysis/flow/finding-path.ts";
import { sharedStructs } from "../../analysis/aliases/shared-structs.ts";
import type { Rule, RuleFinding } from "../rule.ts";
import { refusal } from "./refusal.ts";

const rule: Rule = {
  meta: {
    id: "dma/mmap-user-struct-vivt",
    group: "user-mapping",
    severity: "warning",
    stage: "preview",
    summary: "A kernel structure that user space maps needs care on caches that are indexed by virtual address.",
    why: "No device is involved: kernel and application use two virtual addresses of one page. On an aliasing cache each address has its own line, so the application reads a value from before the kernel's last store.",
    remedy:
      "Refuse the mapping where cpu_dcache_is_aliasing() and offer an ioctl, or call flush_dcache_page() after each of the kernel's stores.",
    basis: [
      "Documentation/core-api/cachetlb.rst:224-255,276-304 (6.12.117)",
      "sound/core/pcm_native.c:3699-3703,3812-3829 (6.12.117): status and control are mapped on some architectures only",
      "include/linux/cacheinfo.h:156-160 (6.12.117): cpu_dcache_is_aliasing(), which kernels before 6.9 lack",
      'Benjamin Herrenschmidt, alsa-devel, 7 May 2008: "a problem with virtually tagged data caches"',
    ],
    when: "ARM with VIVT or aliasing VIPT caches, sh, m68k, PA-RISC, C-SKY, and by size MIPS, SPARC, Xtensa, Nios II. Never on x86, arm64, PowerPC, RISC-V.",
    proof: "user-alias",
    fixes: [
      { id: "refuse-aliasing", title: "Refuse the mapping where the data cache aliases (6.9+)", safety: "review" },
    ],
  },
  check,
};
export default rule;

function* check(facts: Facts): Iterable<RuleFinding> {
  for (const { mapping, origin, writer } of sharedStructs(facts)) {
    const { function: owner, statement } = mapping;
    const name = subjectAt(facts, owner, statement.id, mapping.subject, origin);
    yield {
      ...mapping.span,
      message: `${mapping.name} gives user space a second address of ${name} (${makerOf(origin)}), which ${writer.name}() goes on writing: on an aliasing cache neither side sees the other.`,
      function: owner.name,
      path: pathTo(origin, owner, statement.id, mapping.span, "mapped into user space here"),
      subjects: [name],
      fixes: refusal(facts, mapping),
    };
  }
}
