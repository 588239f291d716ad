/** What an edited session tells is what a fresh one tells of the same texts, whatever was edited before. */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import type { DriverSession } from "./api.ts";
import { createSession } from "./session.ts";

const rules = path.join(import.meta.dirname, "rules");

const header = `
#define RING_BYTES 4096
#define SET_HANDLE(r, value) do { (r)->bus = (value); } while (0)
struct ring {
	void *cpu;
	dma_addr_t bus;
	struct device *dev;
	u32 flags;
};
static inline void ring_free(struct ring *r)
{
	dma_free_coherent(r->dev, RING_BYTES, r->cpu, r->bus);
}
int ring_alloc(struct ring *r);
`;

const library = `
#include "ring.h"
int ring_alloc(struct ring *r)
{
	r->cpu = dma_alloc_coherent(r->dev, RING_BYTES, &r->bus, GFP_KERNEL);
	if (!r->cpu)
		return -ENOMEM;
	memset(r->cpu, 0, RING_BYTES);
	return 0;
}
`;

const driver = `
#include "ring.h"
struct ring_ops { int (*start)(struct ring *r); };
static int ring_start(struct ring *r)
{
	int ret = ring_alloc(r);
	struct page *page;

	if (ret)
		return ret;
	page = virt_to_page(r->cpu);
	SET_HANDLE(r, page_to_phys(page));
	return 0;
}
#ifdef CONFIG_PM
static int ring_resume(struct ring *r)
{
	dma_addr_t bus = dma_map_single(r->dev, r->cpu, RING_BYTES, DMA_TO_DEVICE);
	writel(bus, r->cpu);
	return 0;
}
#endif
static const struct ring_ops ops = {
	.start = ring_start,
};
static int ring_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct ring *r = file->private_data;

	return remap_pfn_range(vma, vma->vm_start, r->bus >> PAGE_SHIFT, RING_BYTES, vma->vm_page_prot);
}
`;

/** A small congruential generator: the same edits in each run. */
function generator(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}

const statements = [
  "\tdma_sync_single_for_cpu(r->dev, r->bus, 64, DMA_FROM_DEVICE);",
  "\tkfree(r->cpu);",
  "\tr->cpu = kmalloc(64, GFP_KERNEL);",
  "\tif (r->flags & 1) return 0;",
  "\tvma->vm_page_prot = pgprot_noncached(vma->vm_page_prot);",
  "\tops.start(r);",
  "#define RING_BYTES 8192",
  "\tstruct { int a; } inner;",
  "static int more(struct ring *r) { return ring_alloc(r); }",
  "}",
  "/*",
  "\tguard(mutex)(&r->lock);",
];

/** The text after one random edit: blanks, comments, words, whole lines, and code that is half written. */
function edited(text: string, random: (limit: number) => number): string {
  const lines = text.split("\n");
  const at = random(lines.length);
  const line = lines[at] ?? "";
  switch (random(10)) {
    case 0:
      lines.splice(at, 0, "");
      break;
    case 1:
      lines[at] = `${line} /* edited */`;
      break;
    case 2:
      lines.splice(at, 1);
      break;
    case 3:
      lines.splice(at, 0, line);
      break;
    case 4:
      lines[at] = line.replace(/\w+(?=\W*$)/, (word) => `${word}_x`);
      break;
    case 5:
      lines[at] = line.replace(/\d+/, (digits) => `1${digits}`);
      break;
    case 6:
      lines.splice(at, 0, statements[random(statements.length)] ?? "");
      break;
    case 7: {
      const from = random(Math.max(1, line.length));
      lines[at] = line.slice(0, from) + line.slice(from + 1);
      break;
    }
    case 8:
      lines[at] = line.replace(/^\s+/, "");
      break;
    default:
      lines[at] = `\t${line}`;
  }
  return lines.join("\n");
}

/** What is typed at file scope or in a body, letter by letter: it is half written most of the time. */
const typed = [
  "struct extra_state {\n\tu32 flags;\n\tvoid *cpu;\n};\n",
  "enum kind { ONE, TWO = 5, RING_BYTES };\n",
  "static int extra_check(struct device *dev, int what)\n{\n\tif (!dev)\n\t\treturn -EINVAL;\n\treturn what;\n}\n",
  "#define EXTRA_SIZE 128\n",
  "#define ring_free(x) kfree((x)->cpu)\n",
  "#include <linux/delay.h>\n",
  "typedef dma_addr_t bus_t;\n",
  "\tvoid *buf = kmalloc(EXTRA_SIZE, GFP_KERNEL);\n",
  "\tchar onstack[64];\n\tdma_map_single(r->dev, onstack, 64, DMA_TO_DEVICE);\n",
  "static struct ring_ops more_ops = {\n\t.start = ring_start,\n};\n",
  "union { int a; dma_addr_t bus; };\n",
  "int ring_start(struct ring *r, int more);\n",
  "#undef CONFIG_PM\n",
  "#if 0\n",
  "static void *get(struct ring *r) { return r->cpu; }\n",
];

/** The texts while something is typed at the beginning of a line, or pasted there. */
function* typing(text: string, random: (limit: number) => number): Iterable<string> {
  const lines = text.split("\n");
  const at = lines.slice(0, random(lines.length)).reduce((length, line) => length + line.length + 1, 0);
  const what = typed[random(typed.length)] ?? "";
  const step = random(3) === 0 ? what.length : 1 + random(4);
  for (let end = Math.min(step, what.length); ; end = Math.min(end + step, what.length)) {
    yield text.slice(0, at) + what.slice(0, end) + text.slice(at);
    if (end === what.length) return;
  }
}

function fresh(texts: ReadonlyMap<string, string>): DriverSession {
  const session = createSession();
  for (const [name, text] of texts) session.setFile(name, text, name.endsWith(".h") ? "header" : "source");
  return session;
}

function check(texts: Map<string, string>, seed: number, steps: number): void {
  const random = generator(seed);
  const original = new Map(texts);
  const names = [...texts.keys()];
  const session = fresh(texts);
  let findings = 0;
  for (let step = 0; step < steps; step++) {
    const name = names[random(names.length)] ?? "";
    // Now and then everything in a file is taken back, so that broken code does not pile up.
    const back = random(6) === 0;
    const text = back ? (original.get(name) ?? "") : edited(texts.get(name) ?? "", random);
    texts.set(name, text);
    session.setFile(name, text, name.endsWith(".h") ? "header" : "source");
    const options = { preview: true };
    const report = session.analyse(options);
    findings += report.findings.length;
    expect(report, `seed ${seed}, step ${step}, ${name}:\n${text}`).toEqual(fresh(texts).analyse(options));
  }
  // An edit that finds nothing ever shows nothing.
  expect(findings).toBeGreaterThan(steps);
}

const unit = (): Map<string, string> =>
  new Map([
    ["d/ring.h", header],
    ["d/ring-lib.c", library],
    ["d/ring.c", driver],
  ]);

describe("random edits of a unit of several files", () => {
  test.each([1, 2, 3, 4, 5, 6])("seed %i", (seed) => {
    check(unit(), seed, 40);
  });
});

describe("declarations typed in a unit of several files", () => {
  test.each([1, 2, 3, 4, 5, 6])("seed %i", (seed) => {
    const random = generator(seed);
    const texts = unit();
    const names = [...texts.keys()];
    const session = fresh(texts);
    const options = { preview: true };
    // Half of the sessions are ready for the first edit.
    if (seed % 2 === 0) session.expectEdits?.(names, options);
    for (let round = 0; round < 5; round++) {
      const name = names[random(names.length)] ?? "";
      const back = random(2) === 0 ? [unit().get(name) ?? ""] : [];
      for (const text of [...typing(texts.get(name) ?? "", random), ...back]) {
        texts.set(name, text);
        session.setFile(name, text, name.endsWith(".h") ? "header" : "source");
        expect(session.analyse(options), `seed ${seed}, ${name}:\n${text}`).toEqual(fresh(texts).analyse(options));
      }
    }
  });
});

describe("random edits of fixtures", () => {
  const folders = [
    "cpu-access-while-mapped",
    "map-error-unchecked",
    "coherent-virt-to-page",
    "missing-sync-for-cpu",
    "map-stack",
    "coherent-free-irq",
    "missing-barrier-desc",
    "free-while-mapped",
  ];
  test.each(folders)("%s", (folder) => {
    const fixtures = path.join(rules, folder, "fixtures");
    const texts = new Map<string, string>();
    for (const name of readdirSync(fixtures))
      if (/^[\w-]+\.c$/.test(name)) texts.set(`d/${name}`, readFileSync(path.join(fixtures, name), "utf8"));
    check(texts, folder.length, 25);
  });
});

test("files come and go between edits", () => {
  const texts = unit();
  const session = fresh(texts);
  const same = (): void => {
    expect(session.analyse()).toEqual(fresh(texts).analyse());
  };
  const set = (name: string, text: string): void => {
    texts.set(name, text);
    session.setFile(name, text);
    same();
  };
  set("d/ring.c", `${driver}\n`);
  set("d/other.c", "static int other(struct ring *r) { return ring_alloc(r); }\n");
  set("d/ring.c", driver.replace("if (ret)", "if (ret < 0)"));
  texts.delete("d/ring-lib.c");
  session.removeFile("d/ring-lib.c");
  same();
  set("d/ring.c", driver);
  set("d/ring-lib.c", library);
});

test("a proof is of the text as it is, after edits", () => {
  const texts = unit();
  const session = fresh(texts);
  const edit = `\n\n${driver.replace("int ret =", "int  ret =")}`;
  session.setFile("d/ring.c", edit);
  texts.set("d/ring.c", edit);
  const found = session.analyse().findings.filter((one) => one.provable);
  expect(found.length).toBeGreaterThan(0);
  for (const finding of found) expect(session.prove(finding)).toEqual(fresh(texts).prove(finding));
});
