import { describe, expect, it } from "vitest";
import { apiFunction } from "../../kernel/catalogue.ts";
import { buildCUnit } from "../../program/index.ts";
import { parseC } from "../../syntax/c/parse.ts";
import { createFacts } from "../unit-facts.ts";
import { untestedHandles } from "./ownership-checks.ts";

const queue = (name: string): string => `
static void ${name}_queue(struct ${name} *u, struct usb_request *req)
{
	req->dma = dma_map_single(u->dev, req->buf, req->length, DMA_TO_DEVICE);
	${name}_fill(u, virt_to_phys(req->buf));
}
static void ${name}_done(struct ${name} *u, struct usb_request *req)
{
	dma_unmap_single(u->dev, req->dma, req->length, DMA_TO_DEVICE);
	req->dma = ~0;
}
`;
/** Another function of a file, which gives the handle to the device. */
const kick = "static void kick(struct usb_request *req) { req->td->addr = cpu_to_le32(req->dma); }\n";

function untested(files: Readonly<Record<string, string>>): readonly string[] {
  const unit = buildCUnit(Object.entries(files).map(([name, text]) => ({ name, text, syntax: parseC(text) })));
  return untestedHandles(createFacts(unit, { lookup: apiFunction })).map(({ mapping }) => mapping.owner.name);
}

describe("a handle in a field that every driver of a folder has", () => {
  it("goes nowhere where only another driver gives its own to the device", () => {
    expect(untested({ "u/a.c": `#include "a.h"\n${queue("a")}`, "u/b.c": `#include "b.h"\n${kick}` })).toEqual([]);
  });

  it.each([
    ["a file of the same driver", { "u/a.c": `#include "a.h"\n${queue("a")}`, "u/a_td.c": `#include "a.h"\n${kick}` }],
    ["the same file", { "u/a.c": queue("a") + kick }],
    ["a header", { "u/a.c": `#include "td.h"\n${queue("a")}`, "u/td.h": kick }],
  ])("is used where %s gives it to the device", (_, files) => {
    expect(untested(files)).toEqual(["a_queue"]);
  });
});
