import { expect, it } from "vitest";
import { platformById } from "../platforms/index.ts";
import { pathOf, unitOf } from "../testing/unit-from-text.ts";
import { prove } from "./prove.ts";

const text = `
struct port { struct device *dev; void *tx; dma_addr_t tx_dma; void *rx; dma_addr_t rx_dma; };
static int port_open(struct port *p)
{
	p->tx = dma_alloc_coherent(p->dev, 4096, &p->tx_dma, GFP_KERNEL);
	p->rx = dma_alloc_coherent(p->dev, 4096, &p->rx_dma, GFP_KERNEL);
	return 0;
}
static void port_lists(struct port *p, struct scatterlist *sg)
{
	sg_set_page(&sg[0], virt_to_page(p->rx), 512, 0);
	sg_set_page(&sg[1], virt_to_page(p->tx), 512, 0);
	sg_set_page(&sg[2], virt_to_page(p->rx), 512, 512);
}
`;

it.each(["p->rx", "p->tx"])("shows the page of the finding's own statement: %s", (buffer) => {
  const platform = platformById("arm926");
  if (platform === undefined) throw new Error("no arm926");
  const unit = unitOf({ "port.c": text });
  const path = pathOf(unit, [
    ["port_open", `&${buffer}_dma`],
    ["port_lists", `virt_to_page(${buffer})`],
  ]);
  const result = prove(unit, { rule: "test", proof: "coherent-page", path }, platform);
  expect(result.verdict).toBe("always");
  expect(result.sentence).toContain(`in ${buffer}`);
});
