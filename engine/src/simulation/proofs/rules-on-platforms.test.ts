/**
 * Each rule's harm on the machines where the kernel's contract says so, and on no other; and each fix of it on all of them.
 * The machines that a row names come from the kernel: which of them remap, which have a coherent device, which alias.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import type { DriverSession, Finding, ProofResult } from "../../api.ts";
import { engine } from "../../index.ts";
import { platforms } from "../../platforms/index.ts";
import { ruleFolder } from "../../rules/rule.ts";
import { variantsOf } from "../../session.ts";

const machines = platforms.flatMap(variantsOf);
const folder = join(dirname(fileURLToPath(import.meta.url)), "../../rules");

/** The classes of machines that the rules speak of, as the presets that belong to them (all facts: linux 6.12.117). */
const classes = {
  /** Coherent memory is remapped: kernel/dma/direct.c:264-290, CONFIG_DMA_DIRECT_REMAP. */
  remap: ["ppc440", "arm64-nc", "sh4", "riscv-zicbom"],
  /** arch/arm/mm/dma-mapping.c:533, __dma_alloc() with an MMU. */
  arm: ["arm926", "arm1136-32k", "cortex-a9"],
  /** Coherent memory is seen through an uncached segment: arch/mips/mm/dma-noncoherent.c:52-55. */
  segment: ["mips24k", "mips-r10000-ip28"],
  /** A private uncached window: arch/parisc/kernel/pci-dma.c:401. */
  window: ["pa7300lc"],
  /** No MMU and no coherent memory: arch/m68k/Kconfig:79. */
  flat: ["coldfire"],
  /** A coherent device, no IOMMU, with and without bounce buffers. */
  coherent: ["x86_64", "arm64-coh", "x86_64+swiotlb", "arm64-coh+swiotlb"],
  /** Coherent, and every streaming mapping bounces: kernel/dma/swiotlb.c:1454-1462. */
  bouncing: ["x86_64+swiotlb", "arm64-coh+swiotlb"],
  /** Coherent, and its coherent memory is cached in the kernel; user mappings get the protection that they ask for. */
  cached: ["arm64-coh", "arm64-coh+swiotlb"],
  /** A translating IOMMU: drivers/iommu/dma-iommu.c:1653-1666; on ARM arch/arm/mm/dma-mapping.c:1075. */
  iommu: machines.filter((id) => id.endsWith("+iommu")),
  iommuNoncoherent: ["arm64-nc+iommu", "cortex-a9+iommu"],
  /** cpu_dcache_is_aliasing(): mm/Kconfig:1072 and the cachetype.h of each architecture. */
  alias: ["arm926", "arm1136-32k", "mips24k", "sh4", "pa7300lc"],
  /** The CPU may fetch lines by itself, so unmapping has to invalidate: CONFIG_ARCH_HAS_SYNC_DMA_FOR_CPU, and ppc440's both ways. */
  fetching: [
    "ppc440",
    "cortex-a9",
    "cortex-a9+iommu",
    "arm64-nc",
    "arm64-nc+iommu",
    "riscv-zicbom",
    "mips-r10000-ip28",
  ],
  /** Stores to the CPU's normal memory may pass a relaxed register write: as the litmus test BELLrelaxed expects. */
  reordering: machines.filter((id) => /^(arm1136-32k|cortex-a9|arm64|riscv)/.test(id)),
  all: machines,
  /** CONFIG_VMAP_STACK: arch/{arm,arm64,riscv,x86}/Kconfig select HAVE_ARCH_VMAP_STACK. */
  virtualStack: machines.filter((id) => /^(x86|arm|cortex|riscv)/.test(id)),
  /** SWIOTLB, so that a mapping can find no room: kernel/dma/direct.h:85-115. */
  bounce: machines.filter((id) => /^(x86_64|arm64-nc|arm64-coh|riscv-zicbom)/.test(id)),
} as const;

type ClassName = keyof typeof classes;

interface Row {
  readonly rule: string;
  readonly fixture: string;
  /** In the finding's line. */
  readonly at: string;
  readonly harmful: readonly ClassName[];
  /** The rule's own words for them. */
  readonly because: string;
  /** Machines of those classes that show no harm, or others that do, with the place in the kernel that says why. */
  readonly but?: Readonly<Record<string, string>>;
}

const cleanPage =
  "coherent memory was zeroed and flushed before it was handed out (arch_dma_prep_coherent(), arch/mips/mm/dma-noncoherent.c:47-50), and nobody has a dirty line of the cached segment: the second cache operation finds nothing to lose";
const remapped: readonly ClassName[] = ["remap", "arm", "window", "iommu"];
const noncoherent: readonly ClassName[] = ["remap", "arm", "segment", "window", "iommuNoncoherent"];

const rows: readonly Row[] = [
  {
    rule: "dma/coherent-virt-to-page",
    fixture: "ring.c",
    at: "virt_to_page(",
    harmful: remapped,
    because:
      "garbage where coherent memory is remapped, behind an IOMMU, on ARM and PA-RISC; MIPS masks the segment away",
  },
  {
    rule: "dma/coherent-in-sg",
    fixture: "lists.c",
    at: "sg_init_one(&e->list, e->table",
    harmful: [...remapped, "segment"],
    because: "non-coherent: flush through the wrong alias; IOMMU and remapping: the wrong page",
    but: { segment: cleanPage },
  },
  {
    rule: "dma/coherent-map-single",
    fixture: "flash.c",
    at: "dma_map_single",
    harmful: [...remapped, "segment"],
    because: "remapping and IOMMU: WARN and DMA_MAPPING_ERROR; non-coherent: cache maintenance of the cached alias",
    but: { segment: cleanPage },
  },
  {
    rule: "dma/mmap-coherent-by-pfn",
    fixture: "sampler.c",
    at: "remap_pfn_range",
    harmful: ["remap", "arm", "segment", "window", "iommu"],
    because: "non-coherent: a cached user alias; remapping and IOMMU: the wrong frame",
  },
  {
    rule: "dma/mmap-cached-pgprot",
    fixture: "translated.c",
    at: "page_to_pfn(vmalloc_to_page(card->ring))",
    harmful: noncoherent,
    because: "non-coherent only: the frame is right, and the user mapping is cached",
  },
  {
    rule: "dma/mmap-cached-pgprot",
    fixture: "window.c",
    at: "remap_pfn_range(vma, vma->vm_start, pfn, SZ_4K",
    harmful: [...noncoherent, "iommu"],
    because: "non-coherent; dma_to_phys() of an address that an IOMMU made is no physical address either",
  },
  {
    rule: "dma/mmap-dma-handle-as-pfn",
    fixture: "pcm.c",
    at: "",
    harmful: ["iommu"],
    because: "only an IOMMU (or an offset) makes a DMA address another number than the physical one",
    but: {
      cached:
        "the example asks for an uncached mapping, and a coherent device's memory is cached in the kernel (kernel/dma/mapping.c:500-514): attributes that do not match",
    },
  },
  {
    rule: "dma/mmap-dma-handle-as-pfn",
    fixture: "cached.c",
    at: "remap_pfn_range",
    harmful: [...noncoherent, "iommu"],
    because: "with the cached default on top: non-coherent as well",
  },
  {
    rule: "dma/mmap-dma-handle-as-pfn",
    fixture: "framebuffer.c",
    at: "smem_start",
    harmful: ["iommu"],
    because:
      "the framebuffer core maps smem_start by frame number, write-combining (drivers/video/fbdev/core/fb_io_fops.c:149-176)",
    but: { cached: "write-combining in the application, cached in the kernel: attributes that do not match" },
  },
  {
    rule: "dma/mmap-user-struct-vivt",
    fixture: "status.c",
    at: "",
    harmful: ["alias"],
    because: "only where one physical byte can be in two lines",
  },
  {
    rule: "dma/map-stack",
    fixture: "control.c",
    at: "usb_control_msg(g->udev, usb_rcvctrlpipe(g->udev, 0), 1, USB_DIR_IN, 0, 0, status",
    harmful: ["remap", "arm", "segment", "window", "flat", "coherent", "iommu"],
    because: "drivers/usb/core/hcd.c:1475-1477 refuses a transfer buffer on the stack on every machine",
  },
  {
    rule: "dma/map-stack",
    fixture: "identify.ts",
    at: "",
    harmful: ["remap", "arm", "segment", "window", "flat", "virtualStack"],
    because: "VMAP_STACK: the mapping is rejected; elsewhere the line is shared with the rest of the stack",
  },
  {
    rule: "dma/map-vmalloc",
    fixture: "firmware.c",
    at: "dma_map_single(l->dev, l->image",
    harmful: ["remap", "arm", "segment", "window", "coherent", "iommu"],
    because:
      "dma_map_single() rejects vmalloc memory on every machine that has any: without an MMU vmalloc() is kmalloc() (mm/nommu.c:119-126)",
  },
  {
    rule: "dma/map-vmalloc",
    fixture: "firmware.c",
    at: "sg_init_one",
    harmful: ["remap", "arm", "segment", "window", "coherent", "iommu"],
    because: "sg_init_one() of it: the wrong page, the same everywhere",
  },
  {
    rule: "dma/cpu-access-while-mapped",
    fixture: "move.c",
    at: "",
    harmful: [...noncoherent, "flat", "bouncing"],
    because:
      "a late write is lost on every non-coherent machine, and where it bounces; benign where the device is coherent and works on the memory itself",
  },
  {
    rule: "dma/cpu-access-while-mapped",
    fixture: "snippet.ts",
    at: "",
    harmful: [...noncoherent, "flat", "bouncing"],
    because: "an early read is stale on every non-coherent machine, and where the data is in a bounce buffer",
    but: {
      "arm1136-32k":
        "no speculation, and unmapping invalidates (v6_dma_unmap_area, arch/arm/mm/cache-v6.S:297-302): an early read gives the old byte or the new one, as a coherent device's memory would",
      pa7300lc: "no speculation, and unmapping purges (arch/parisc/kernel/pci-dma.c:448-465)",
    },
  },
  {
    rule: "dma/map-error-unchecked",
    fixture: "test-put-in.c",
    at: "",
    harmful: ["bounce", "iommu"],
    because:
      "the IOMMU is full, or the bounce buffers are; without either dma_direct_map_page() cannot fail for ordinary memory within the mask (kernel/dma/direct.h:85-115)",
  },
  {
    rule: "dma/free-while-mapped",
    fixture: "free-while-mapped.c",
    at: "__free_page(page);",
    harmful: ["all"],
    because: "a device that was not stopped writes to whatever its mapping leads to, on every machine",
  },
  {
    rule: "dma/unmap-before-complete",
    fixture: "snippet.ts",
    at: "",
    harmful: ["all"],
    because: "the same, and behind an IOMMU the write is a fault",
  },
  {
    rule: "dma/mmap-free-while-mapped",
    fixture: "buffers.c",
    at: "foo->frame",
    harmful: ["remap", "arm", "segment", "window", "coherent", "iommu"],
    because: "an application's mapping outlives the memory wherever there is any (kernel/dma/mapping.c:545-547)",
  },
  {
    rule: "dma/coherent-linear-alias",
    fixture: "coherent-linear-alias.c",
    at: "phys_to_virt",
    harmful: [...noncoherent, "iommu"],
    because: "non-coherent: a cached alias of uncached memory; behind an IOMMU the handle is no physical address",
  },
  {
    rule: "dma/handle-as-cpu-pointer",
    fixture: "pointer.c",
    at: "phys_to_virt",
    harmful: [...noncoherent, "iommu"],
    because: "as a linear alias, and behind an IOMMU another memory's address",
  },
  {
    rule: "dma/coherent-vmalloc-to-page",
    fixture: "coherent-vmalloc-to-page.c",
    at: "",
    harmful: ["segment"],
    because: "the addresses of an uncached segment are in no page table; elsewhere the walk finds the page",
  },
  {
    rule: "dma/missing-sync-for-cpu",
    fixture: "missing-sync-for-cpu.c",
    at: "rx->buf[0]",
    harmful: [...noncoherent, "flat", "bouncing"],
    because: "non-coherent devices and bounce buffers",
    but: {
      "arm1136-32k": "no speculation, and the mapping has invalidated: the first read fetches from memory",
      pa7300lc: "no speculation, and the mapping has purged",
    },
  },
  {
    rule: "dma/missing-sync-for-device",
    fixture: "missing-sync-for-device.c",
    at: "memcpy",
    harmful: [...noncoherent, "flat", "bouncing"],
    because: "non-coherent devices and bounce buffers",
  },
  {
    rule: "dma/bidirectional-single-sync",
    fixture: "bidirectional-single-sync.c",
    at: "foo->synced[1]",
    harmful: [...noncoherent, "flat", "bouncing"],
    because: "non-coherent devices and bounce buffers",
    but: { pa7300lc: "no speculation, and the sync for the device has purged the line" },
  },
  {
    rule: "dma/unmap-size-mismatch",
    fixture: "snippet.ts",
    at: "",
    harmful: ["fetching", "bouncing"],
    because: "the tail is not invalidated where unmapping has to do that, and not copied where it bounces",
  },
  {
    rule: "dma/sync-direction-mismatch",
    fixture: "sync-direction-mismatch.c",
    at: "handle, 64, DMA_TO_DEVICE",
    harmful: ["fetching", "bouncing"],
    but: {
      "arm1136-32k":
        "mapping both ways only cleans (v6_dma_map_area(), arch/arm/mm/cache-v6.S:281-290), so the line from before is still there",
    },
    because: "taking back what only the device reads does nothing to the cache, and copies nothing",
  },
  {
    rule: "dma/skip-cpu-sync-first-map",
    fixture: "skip-cpu-sync-first-map.c",
    at: "",
    harmful: [...noncoherent, "flat"],
    because:
      "dirty lines stay in the cache; bounce buffers are copied in spite of the attribute (kernel/dma/swiotlb.c:1454-1462)",
  },
  {
    rule: "dma/map-unaligned-shared-line",
    fixture: "aligned-types.c",
    at: "t->slots[i].bytes",
    harmful: [...noncoherent, "flat"],
    because: "every cache that is not coherent writes or drops whole lines",
  },
  {
    rule: "dma/phys-as-handle",
    fixture: "phys-as-handle.c",
    at: "writel(",
    harmful: [...noncoherent, "flat", "iommu"],
    because: "nothing cleans the cache, and an IOMMU does not know the address",
  },
  {
    rule: "dma/sg-phys-or-page-for-hw",
    fixture: "engine.ts",
    at: "",
    harmful: [...noncoherent, "flat", "iommu"],
    because: "as any physical address",
  },
  {
    rule: "legacy/virt-to-bus",
    fixture: "snippet.ts",
    at: "",
    harmful: [...noncoherent, "flat", "iommu"],
    because: "as any physical address",
  },
  {
    rule: "usb/urb-coherent-flags",
    fixture: "camera.c",
    at: "usb_control_msg",
    harmful: remapped,
    because: "the USB core refuses what is in the vmalloc area, and maps the rest again",
  },
  {
    rule: "dma/alias-flush-dcache-page",
    fixture: "snippet.ts",
    at: "",
    harmful: ["alias"],
    because: "only where one physical byte can be in two lines",
  },
  {
    rule: "dma/vmap-io-no-flush",
    fixture: "windows.c",
    at: "w->base = vmap",
    harmful: ["alias"],
    because: "only where one physical byte can be in two lines",
    but: { "arm1136-32k": "two colours, and the window happens to have the page's" },
  },
  {
    rule: "dma/mmap-pages-wrong-kind",
    fixture: "kinds.c",
    at: "virt_to_page(k->coherent)",
    harmful: [...noncoherent, "iommu"],
    because: "the wrong page where coherent memory is remapped, a cached one elsewhere",
  },
  {
    rule: "dma/relaxed-doorbell",
    fixture: "relaxed-doorbell.c",
    at: "",
    harmful: ["reordering"],
    because: "only where the CPU keeps no order between memory and registers, coherent or not",
  },
  {
    rule: "dma/noncoherent-no-sync",
    fixture: "noncoherent-no-sync.c",
    at: "",
    harmful: noncoherent,
    because: "the memory is cached, and nothing writes it back",
  },
  {
    rule: "dma/mmap-noncached-on-coherent",
    fixture: "ring.c",
    at: "remap_pfn_range",
    harmful: [...noncoherent, "cached"],
    because:
      "the linear map keeps the pages cached; x86 gives the user the linear map's type (arch/x86/mm/pat/memtype.c:877)",
    but: { "arm64-coh+iommu": "the same without a device" },
  },
  {
    rule: "dma/pgprot-noncached-on-ram",
    fixture: "trace.c",
    at: "",
    harmful: [...noncoherent, "cached"],
    because: "two types of one page; x86 gives the user the linear map's type",
    but: { "arm64-coh+iommu": "the same without a device" },
  },
  {
    rule: "dma/sg-before-map",
    fixture: "engine.ts",
    at: "",
    harmful: ["all"],
    because: "an entry that nobody has mapped holds no address of the device's, on any machine",
  },
];

function sessionOf(rule: string, fixture: string): { readonly session: DriverSession; readonly text: string } {
  const path = join(folder, ruleFolder(rule), "fixtures");
  const session = engine.createSession();
  const text = readFileSync(join(path, fixture), "utf8");
  session.setFile(fixture, text);
  for (const [, header = ""] of text.matchAll(/^#include "([^"]+)"/gm))
    if (existsSync(join(path, header))) session.setFile(header, readFileSync(join(path, header), "utf8"));
  return { session, text };
}

function findingsOf(session: DriverSession, rule: string): readonly Finding[] {
  return session.analyse({ preview: true }).findings.filter((finding) => finding.rule === rule);
}

function lineAt(text: string, offset: number): string {
  return text.slice(text.lastIndexOf("\n", offset) + 1, text.indexOf("\n", offset));
}

const isHarmful = (result: ProofResult): boolean => result.verdict === "always" || result.verdict === "sometimes";
const isUnknown = (result: ProofResult): boolean => result.verdict === "unknown";
const told = (result: ProofResult): string => `${result.platform}: ${result.verdict}, ${result.sentence}`;

/** "segment" stands for its machines; any other key is a machine. */
function machinesOf(key: string): readonly string[] {
  return Object.hasOwn(classes, key) ? classes[key as ClassName] : [key];
}

describe.each(rows)("$rule in $fixture, $at", ({ rule, fixture, at, harmful, but = {} }) => {
  const { session, text } = sessionOf(rule, fixture);
  const finding = findingsOf(session, rule).find((one) => lineAt(text, one.start).includes(at));

  it("is harmful on exactly the machines that the kernel's contract names", () => {
    expect(finding).toBeDefined();
    if (finding === undefined) return;
    const named = new Set(harmful.flatMap((name) => [...classes[name]]));
    // An exception turns a machine's verdict round.
    for (const id of Object.keys(but).flatMap(machinesOf)) if (!named.delete(id)) named.add(id);
    const results = session.prove(finding, machines);
    expect(results.filter((one) => one.verdict === "unknown").map(told)).toEqual([]);
    expect(results.filter(isHarmful).map((one) => one.platform)).toEqual(machines.filter((id) => named.has(id)));
  });
});

const protectionFixes = /^(noncached|writecombine)$/;
const ruleIds = [...new Set(rows.map((row) => row.rule))];

describe.each(ruleIds)("fixes of %s", (rule) => {
  const path = join(folder, ruleFolder(rule), "fixtures");
  const names = readdirSync(path).filter((name) => /\.(c|ts)$/.test(name) && !/\.fixed\./.test(name));

  it.each(names.sort())("are never harmful on any machine: %s", (name) => {
    const { session } = sessionOf(rule, name);
    for (const finding of findingsOf(session, rule)) {
      for (const fix of finding.fixes.filter((one) => !protectionFixes.test(one.id))) {
        const results = session.withFix(fix)?.prove(finding, machines) ?? [];
        expect(results, fix.title).toHaveLength(machines.length);
        // Where the finding itself cannot be executed, its fix cannot be either.
        const unsettled = new Set(
          session
            .prove(finding, machines)
            .filter(isUnknown)
            .map((one) => one.platform),
        );
        const isOpen = (one: ProofResult): boolean => isUnknown(one) && unsettled.has(one.platform);
        expect(results.filter((one) => one.verdict !== "never" && !isOpen(one)).map(told), fix.title).toEqual([]);
      }
    }
  });
});

/** The names in the titles of the fixes that only set the protection. */
const architectures: Readonly<Record<string, readonly string[]>> = {
  ARM: ["arm926", "arm1136-32k", "cortex-a9"],
  arm64: ["arm64-nc", "arm64-coh"],
  MIPS: ["mips24k", "mips-r10000-ip28"],
  PowerPC: ["ppc440"],
  "RISC-V": ["riscv-zicbom"],
  SuperH: ["sh4"],
  "PA-RISC": ["pa7300lc"],
};

function promisedBy(title: string): readonly string[] {
  const note = title.slice(title.indexOf("): ") + 3);
  // Device memory holds the bytes too; the note warns of what it costs.
  const text = /device memory on/.test(note) ? note : note.replace(/;.*/, "");
  const bare = Object.entries(architectures).flatMap(([name, ids]) =>
    new RegExp(`(^|[ ,])${name}([ ,]|$)`).test(text) ? ids : [],
  );
  const all = /IOMMU/.test(note) ? bare : bare.flatMap((id) => machines.filter((one) => one.split("+")[0] === id));
  return all.filter((id) => !/^(arm64-coh|x86_64)/.test(id));
}

describe.each([
  ["dma/mmap-cached-pgprot", "translated.c"],
  ["dma/mmap-cached-pgprot", "window.ts"],
  ["dma/mmap-coherent-by-pfn", "sampler.c"],
  ["dma/mmap-dma-handle-as-pfn", "cached.c"],
])("protections that %s offers in %s", (rule, fixture) => {
  it("mend the driver on exactly the machines in their titles", () => {
    const { session } = sessionOf(rule, fixture);
    let count = 0;
    for (const finding of findingsOf(session, rule)) {
      const before = new Set(
        session
          .prove(finding, machines)
          .filter(isHarmful)
          .map((one) => one.platform),
      );
      for (const fix of finding.fixes.filter((one) => protectionFixes.test(one.id))) {
        const after = session.withFix(fix)?.prove(finding, machines) ?? [];
        const mended = after.filter((one) => one.verdict === "never" && before.has(one.platform));
        expect(mended.map((one) => one.platform).sort(), fix.title).toEqual([...promisedBy(fix.title)].sort());
        count++;
      }
    }
    expect(count).toBeGreaterThan(0);
  });
});
