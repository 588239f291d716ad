/** A long run for tests and benchmarks of what reads traces. */
import { createSession } from "../session.ts";
import type { Trace } from "../trace/trace.ts";

/** A driver that maps a buffer so many times before it reads it too early: the simulator's own trace of it, about seven events each time. */
export function longRun(times: number): Trace {
  const session = createSession();
  session.setFile(
    "card.c",
    `struct card { struct device *dev; void *regs; u8 *data; };
int card_receive(struct card *c)
{
	dma_addr_t handle;
	u8 first;
	int i;

	for (i = 0; i < ${times}; i++) {
		c->data[i % 512] = i;
		handle = dma_map_single(c->dev, c->data, 512, DMA_BIDIRECTIONAL);
		dma_unmap_single(c->dev, handle, 512, DMA_BIDIRECTIONAL);
	}
	handle = dma_map_single(c->dev, c->data, 512, DMA_FROM_DEVICE);
	if (dma_mapping_error(c->dev, handle))
		return -ENOMEM;
	writel(handle, c->regs);
	first = c->data[0];
	dma_unmap_single(c->dev, handle, 512, DMA_FROM_DEVICE);
	return first;
}
`,
  );
  const { findings } = session.analyse({ preview: true });
  const finding = findings.find(({ rule }) => rule === "dma/cpu-access-while-mapped");
  const trace = finding && session.replay(finding, "arm926").trace;
  if (trace === undefined) throw new Error("no trace");
  return trace;
}
