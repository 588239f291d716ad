import { expect, test } from "vitest";
import type { DriverSession, Finding } from "./api.ts";
import { createSession } from "./session.ts";
import { applyEdits } from "./text/edit.ts";

const driver = `
struct card { struct device *dev; void *regs; u8 *data; };
int card_receive(struct card *c)
{
	dma_addr_t handle;
	u8 first;

	handle = dma_map_single(c->dev, c->data, 64, DMA_FROM_DEVICE);
	if (dma_mapping_error(c->dev, handle))
		return -ENOMEM;
	writel(handle, c->regs);
	first = c->data[0];
	dma_unmap_single(c->dev, handle, 64, DMA_FROM_DEVICE);
	return first;
}
`;

function opened(text: string): { readonly session: DriverSession; readonly finding: Finding } {
  const session = createSession();
  session.setFile("card.c", text);
  const finding = session
    .analyse({ preview: true })
    .findings.find(({ rule }) => rule === "dma/cpu-access-while-mapped");
  if (finding === undefined) throw new Error("no finding");
  return { session, finding };
}

test("offers the calls of the finding's function, and calls that would pass its mapping on", () => {
  const { session, finding } = opened(driver);
  expect(session.toggles(finding).map(({ id }) => id)).toEqual([
    "drop:card_receive:dma_map_single:0",
    "drop:card_receive:dma_unmap_single:0",
    "add:card_receive:before:dma_sync_single_for_cpu(c->dev, handle, 64, DMA_FROM_DEVICE)",
    "add:card_receive:before:dma_sync_single_for_device(c->dev, handle, 64, DMA_FROM_DEVICE)",
    "add:card_receive:before:dma_unmap_single(c->dev, handle, 64, DMA_FROM_DEVICE)",
    "add:card_receive:before:dma_wmb()",
    "add:card_receive:before:dma_rmb()",
    "add:card_receive:after:dma_sync_single_for_cpu(c->dev, handle, 64, DMA_FROM_DEVICE)",
    "add:card_receive:after:dma_sync_single_for_device(c->dev, handle, 64, DMA_FROM_DEVICE)",
    "add:card_receive:after:dma_unmap_single(c->dev, handle, 64, DMA_FROM_DEVICE)",
    "add:card_receive:after:dma_wmb()",
    "add:card_receive:after:dma_rmb()",
  ]);
});

test("the call that is missing heals the run, another one does not", () => {
  const { session, finding } = opened(driver);
  const verdict = (ids: readonly string[]): string => {
    const edits = session
      .toggles(finding)
      .filter(({ id }) => ids.includes(id))
      .flatMap((toggle) => toggle.edits);
    const changed = session.withFix({ id: "calls", title: "", safety: "review", edits });
    return changed?.replay(finding, "arm926").verdict ?? "no session";
  };
  expect(session.replay(finding, "arm926").verdict).toBe("sometimes");
  expect(verdict(["add:card_receive:before:dma_sync_single_for_cpu(c->dev, handle, 64, DMA_FROM_DEVICE)"])).toBe(
    "never",
  );
  expect(verdict(["add:card_receive:before:dma_rmb()"])).toBe("sometimes");
  expect(verdict(["add:card_receive:after:dma_sync_single_for_cpu(c->dev, handle, 64, DMA_FROM_DEVICE)"])).toBe(
    "sometimes",
  );
});

test.each([
  ["a loop's head", "for (first = c->data[0]; first < 4; first++)\n\t\tcpu_relax();"],
  ["a call with a string", 'pr_info("a;b %d", c->data[0]);'],
  ["a condition without braces", "if (c->regs)\n\t\tfirst = c->data[0];"],
])("what is added comes before the whole statement: %s", (_, statement) => {
  const text = driver.replace("first = c->data[0];", statement);
  const { session, finding } = opened(text);
  const barrier = session.toggles(finding).find(({ id }) => id.endsWith("before:dma_rmb()"));
  expect(applyEdits(text, barrier?.edits ?? [])).toBe(text.replace(statement, `dma_rmb();\n\t${statement}`));
});

test("what is added comes after the statement, and nothing comes after a return", () => {
  const { session, finding } = opened(driver);
  const barrier = session.toggles(finding).find(({ id }) => id.endsWith("after:dma_rmb()"));
  expect(applyEdits(driver, barrier?.edits ?? [])).toContain("first = c->data[0];\n\tdma_rmb();\n");
  const last = opened(driver.replace("first = c->data[0];", "return c->data[0];"));
  expect(last.session.toggles(last.finding).filter(({ where }) => where === "after")).toEqual([]);
});

test("a mapping that is dropped keeps its handle: what is left out is its work on the cache", () => {
  const { session, finding } = opened(driver);
  const [map, unmap] = session.toggles(finding);
  expect(map?.edits[0]?.newText).toBe(
    "dma_map_single_attrs(c->dev, c->data, 64, DMA_FROM_DEVICE, DMA_ATTR_SKIP_CPU_SYNC)",
  );
  expect(unmap?.edits[0]?.newText).toBe("(void)0");
});
