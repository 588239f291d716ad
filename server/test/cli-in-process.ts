/** Runs a command of the command line without a process, on a folder made for one test. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { onTestFinished } from "vitest";
import { runCommand } from "../src/cli/main.ts";
import type { Engine } from "../src/host/engine.ts";
import { fakeEngine } from "./fake-engine.ts";

/** A folder with these files; removed when the test ends. */
export function folderWith(files: Readonly<Record<string, string | Uint8Array>>): string {
  const folder = mkdtempSync(path.join(tmpdir(), "dl-test-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), content);
  }
  return folder;
}

export interface Ran {
  readonly status: number;
  readonly out: string;
  readonly error: string;
}

export async function run(
  workingFolder: string,
  words: readonly string[],
  {
    isTerminal = false,
    environment = {},
    engine = fakeEngine,
  }: { isTerminal?: boolean; environment?: Record<string, string>; engine?: Engine } = {},
): Promise<Ran> {
  let out = "";
  let error = "";
  const terminal = {
    workingFolder,
    environment,
    isTerminal,
    write: (text: string) => void (out += text),
    writeError: (text: string) => void (error += text),
  };
  return { status: await runCommand(words, { engine, terminal }), out, error };
}

/** A driver with one misuse, allocated in another file. */
export const driver = {
  "drv/map.c": `#include <linux/mm.h>
#include "drv.h"

static int drv_mmap(struct file *f, struct vm_area_struct *vma)
{
	return remap_pfn_range(vma, vma->vm_start, pfn, size, vma->vm_page_prot);
}
`,
  "drv/main.c": `#include "drv.h"

int drv_probe(struct device *dev)
{
	cpu = dma_alloc_coherent(dev, size, &dma, GFP_KERNEL);
	return 0;
}
`,
  "drv/drv.h": "extern void *cpu;\n",
  "quiet/quiet.c": "int main(void)\n{\n\treturn 0;\n}\n",
};
