import { expect, it } from "vitest";
import { apiFunctions } from "./catalogue.ts";
import { isInert } from "./inert.ts";

it("knows what leaves memory alone", () => {
  for (const name of ["dev_err", "spin_lock_irqsave", "udelay", "cpu_to_le32", "snd_pcm_period_elapsed"]) {
    expect(isInert(name), name).toBe(true);
  }
  for (const name of ["memcpy", "kfree", "dma_map_single", "request_irq", "my_driver_function", "toString"]) {
    expect(isInert(name), name).toBe(false);
  }
});

it("has no word for what the catalogue describes", () => {
  expect(apiFunctions.filter((record) => isInert(record.name)).map((record) => record.name)).toEqual([]);
});
