import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { describe, expect, it } from "vitest";
import { apiFunctions } from "../engine/src/kernel/catalogue.ts";
import { generateKernelTypes } from "./generate-kernel-types.ts";
import { kernelTypes } from "./kernel-types.ts";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const samples = join(root, "samples/snippets");

/** What the compiler says of a snippet that imports the shipped module: "line: message". */
function complaints(name: string, text: string): readonly string[] {
  const options: ts.CompilerOptions = {
    strict: true,
    noEmit: true,
    target: ts.ScriptTarget.ES2023,
    lib: ["lib.es2023.d.ts"],
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    types: [],
    paths: { "dma-lens/kernel": [join(root, "types/dma-lens-kernel/index.d.ts")] },
  };
  const host = ts.createCompilerHost(options);
  const path = join(samples, name);
  const read = host.readFile.bind(host);
  const exists = host.fileExists.bind(host);
  host.readFile = (file) => (file === path ? text : read(file));
  host.fileExists = (file) => file === path || exists(file);
  const program = ts.createProgram([path], options, host);
  return ts.getPreEmitDiagnostics(program).map((one) => {
    const line = one.file === undefined ? 0 : one.file.getLineAndCharacterOfPosition(one.start ?? 0).line + 1;
    const file = one.file === undefined || one.file.fileName === path ? "" : `${one.file.fileName}:`;
    return `${file}${line}: ${ts.flattenDiagnosticMessageText(one.messageText, " ")}`;
  });
}

const wrong = `import { type Cell, type Iomem, type Pointer, type UserPointer, type device, type dma_addr_t, type vm_area_struct,
  dma_alloc_coherent, dma_map_single, memcpy, remap_pfn_range, virt_to_page, vm_iomap_memory, writel,
  DMA_FROM_DEVICE, GFP_KERNEL } from "dma-lens/kernel";
export function f(dev: device, vma: vm_area_struct, regs: Iomem, user: UserPointer, buf: Pointer): void {
  const dma: Cell<dma_addr_t> = { value: 0n };
  const cpu = dma_alloc_coherent(dev, 4096, dma, GFP_KERNEL);
  virt_to_page(dma.value);
  vm_iomap_memory(vma, dma.value, 4096);
  remap_pfn_range(vma, vma.vm_start, dma.value, 4096, vma.vm_page_prot);
  memcpy(regs, buf, 16);
  memcpy(buf, user, 16);
  writel(1, buf);
  dma_map_single(dev, buf, 64, GFP_KERNEL);
  dma_map_single(dev, buf, DMA_FROM_DEVICE);
  cpu[0] = 1;
  dma_alloc_coherent(dev, 4096, dma.value, GFP_KERNEL);
}
`;

describe("the module that snippets import from", () => {
  it("is as the catalogue is now", () => {
    expect(generateKernelTypes({ check: true })).toEqual([]);
  });

  it("has nearly every function, and says why not the rest", () => {
    const text = kernelTypes();
    const missing = apiFunctions.filter((one) => !new RegExp(`export function ${one.name}[<(]`).test(text));
    // A type, or a name to declare, as an argument cannot be said in TypeScript; neither can an assignment through a macro.
    expect(
      missing
        .map((one) => one.name)
        .filter((name) => !/_(obj|objs|flex)$/.test(name))
        .sort(),
    ).toEqual([
      "DEFINE_DMA_UNMAP_ADDR",
      "DEFINE_DMA_UNMAP_LEN",
      "READ_ONCE",
      "WRITE_ONCE",
      "alloc_percpu",
      "dma_unmap_addr",
      "dma_unmap_addr_set",
      "dma_unmap_len",
      "dma_unmap_len_set",
      "for_each_sgtable_dma_page",
      "for_each_sgtable_page",
      "get_user",
      "put_user",
      "rcu_assign_pointer",
      "smp_load_acquire",
      "smp_store_release",
    ]);
  });

  it.each(readdirSync(samples).filter((name) => name.endsWith(".ts")))("type-checks %s", (name) => {
    expect(complaints(name, readFileSync(join(samples, name), "utf8"))).toEqual([]);
  });

  it("rejects what mixes up addresses", () => {
    const lines = complaints("wrong.ts", wrong).map((one) => Number(one.slice(0, one.indexOf(":"))));
    expect(lines).toEqual([7, 8, 9, 10, 11, 12, 13, 14, 15, 16]);
  });
});
