import { expect, it } from "vitest";
import { apiFunctions } from "./catalogue.ts";
import { isInert, isMessage } from "./inert.ts";

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

it("knows messages by the names of their families", () => {
  for (const name of [
    "dev_err",
    "pr_warn_ratelimited",
    "_dev_info",
    "netdev_dbg",
    "drm_err",
    "printk",
    "foo_dbg",
    "trace_foo",
  ]) {
    expect(isMessage(name), name).toBe(true);
  }
  for (const name of [
    "dev_set_drvdata",
    "dma_map_single",
    "usb_submit_urb",
    "pci_set_master",
    "netif_stop_queue",
    "catalogue",
  ]) {
    expect(isMessage(name), name).toBe(false);
  }
});
