/** Small functions and macros of the kernel whose results decide where a driver goes. */
import type { Type } from "../../program/types.ts";
import type { Kernel } from "../kernel.ts";
import { computed, known, type Value, zeroValue } from "../value.ts";
import type { KernelCall } from "../world.ts";
import { bits, type ModelFunction, type ModelTable, same } from "./model.ts";
import { flushPage } from "./pages.ts";

/** A pure function of its arguments: its result can be steered through them. */
function pure(apply: (operands: readonly bigint[], wordBits: number) => bigint): ModelFunction {
  return (kernel, call) => {
    const word = kernel.wordBits;
    const bound = (operands: readonly bigint[]): bigint => apply(operands, word);
    return computed(bound(call.values.map((value) => value.bits)), call.values, bound);
  };
}

const isError = (value: bigint, word: number): boolean => BigInt.asUintN(word, value) >= (1n << BigInt(word)) - 4095n;
const smallest = (operands: readonly bigint[]): bigint => operands.reduce((a, b) => (b < a ? b : a), operands[0] ?? 0n);
const largest = (operands: readonly bigint[]): bigint => operands.reduce((a, b) => (b > a ? b : a), operands[0] ?? 0n);

/** container_of(pointer, type, member): the third argument is a bare name, the second a type. */
const container: ModelFunction = (kernel, call) => {
  const operand = call.statement.arguments[1];
  const member = call.statement.arguments[2];
  const type: Type | undefined = operand?.kind === "type" ? operand.operand : undefined;
  if (type?.kind !== "record" || member === undefined) return undefined;
  const name = member.kind === "opaque" ? member.text : call.text(2);
  const { space } = kernel.evaluator;
  const pointer = bits(call, 0);
  const owner = space.ownerOf(pointer, type.name, name);
  return known(owner ?? space.adopt(pointer, type.name, name));
};

/** The driver's own data: one object for each type on a path, found when the result is stored in a typed pointer. */
const driverData: ModelFunction = (kernel, call) => {
  const place: Type = { kind: "pointer", target: { kind: "void" } };
  return kernel.evaluator.inputValue(`${call.name}()`, place, false);
};

const logging: ModelFunction = () => zeroValue;

/** IS_ENABLED(CONFIG_X), cpu_dcache_is_aliasing(): what the platform says. */
function aliases(kernel: Kernel): Value {
  const { value } = kernel.platform.vaColours;
  const isAliasing = value === "any" || value > 1;
  if (isAliasing) kernel.scene.toldOfAliasing = true;
  return known(isAliasing && kernel.options.hidesAliasing !== true ? 1n : 0n);
}

const bitMask: ModelFunction = (kernel, call: KernelCall) => {
  const width = bits(call, 0);
  return known(width >= 64n ? (1n << BigInt(kernel.wordBits)) - 1n : (1n << width) - 1n);
};

const quiet =
  `dev_err dev_warn dev_info dev_dbg dev_notice dev_crit dev_vdbg pr_err pr_warn pr_info pr_debug pr_notice printk
  dev_err_ratelimited dev_warn_once pr_warn_once netdev_err netdev_dbg netdev_warn netdev_info netif_err netif_dbg
  spin_lock spin_unlock spin_lock_irq spin_unlock_irq spin_lock_irqsave spin_unlock_irqrestore spin_lock_bh spin_unlock_bh
  spin_lock_init raw_spin_lock raw_spin_unlock mutex_init mutex_lock mutex_unlock might_sleep udelay mdelay msleep ndelay
  usleep_range cpu_relax schedule INIT_LIST_HEAD list_add list_add_tail list_del list_del_init init_completion complete
  init_waitqueue_head wake_up wake_up_interruptible tasklet_schedule kobject_put put_device get_device WARN_ON_ONCE
  platform_set_drvdata dev_set_drvdata pci_set_drvdata spi_set_drvdata usb_set_intfdata i2c_set_clientdata snd_soc_card_set_drvdata
  get_page put_page wait_for_completion`.split(/\s+/);

export const accessorFunctions: ModelTable = {
  ...Object.fromEntries(quiet.map((name) => [name, logging])),
  container_of: container,
  list_entry: container,
  container_of_const: container,
  dev_get_drvdata: driverData,
  platform_get_drvdata: driverData,
  pci_get_drvdata: driverData,
  snd_soc_component_get_drvdata: driverData,
  snd_soc_dai_get_drvdata: driverData,
  snd_soc_card_get_drvdata: driverData,
  spi_get_drvdata: driverData,
  i2c_get_clientdata: driverData,
  usb_get_intfdata: driverData,
  netdev_priv: driverData,
  snd_pcm_substream_chip: driverData,
  snd_pcm_chip: driverData,
  shost_priv: driverData,
  IS_ERR: pure(([value = 0n], word) => (isError(value, word) ? 1n : 0n)),
  IS_ERR_OR_NULL: pure(([value = 0n], word) => (value === 0n || isError(value, word) ? 1n : 0n)),
  PTR_ERR: pure(([value = 0n], word) => BigInt.asIntN(word, value)),
  PTR_ERR_OR_ZERO: pure(([value = 0n], word) => (isError(value, word) ? BigInt.asIntN(word, value) : 0n)),
  ERR_PTR: pure(([value = 0n], word) => BigInt.asUintN(word, value)),
  ERR_CAST: same(0),
  min: pure(smallest),
  max: pure(largest),
  min_t: pure(([, ...rest]) => smallest(rest)),
  max_t: pure(([, ...rest]) => largest(rest)),
  clamp: pure(([value = 0n, low = 0n, high = 0n]) => (value < low ? low : value > high ? high : value)),
  ALIGN: pure(([value = 0n, to = 1n]) => (to === 0n ? value : ((value + to - 1n) / to) * to)),
  round_up: pure(([value = 0n, to = 1n]) => (to === 0n ? value : ((value + to - 1n) / to) * to)),
  roundup: pure(([value = 0n, to = 1n]) => (to === 0n ? value : ((value + to - 1n) / to) * to)),
  round_down: pure(([value = 0n, to = 1n]) => (to === 0n ? value : (value / to) * to)),
  DIV_ROUND_UP: pure(([value = 0n, by = 1n]) => (by === 0n ? value : (value + by - 1n) / by)),
  BIT: pure(([value = 0n]) => 1n << (value & 63n)),
  lower_32_bits: pure(([value = 0n]) => BigInt.asUintN(32, value)),
  upper_32_bits: pure(([value = 0n], word) => BigInt.asUintN(word, value) >> 32n),
  DMA_BIT_MASK: bitMask,
  abs: pure(([value = 0n]) => (value < 0n ? -value : value)),
  WARN_ON: pure(([value = 0n]) => (value === 0n ? 0n : 1n)),
  WARN: pure(([value = 0n]) => (value === 0n ? 0n : 1n)),
  WARN_ONCE: pure(([value = 0n]) => (value === 0n ? 0n : 1n)),
  BUG_ON: logging,
  dma_set_mask: () => zeroValue,
  dma_set_coherent_mask: () => zeroValue,
  dma_set_mask_and_coherent: () => zeroValue,
  dma_coerce_mask_and_coherent: () => zeroValue,
  cpu_dcache_is_aliasing: (kernel) => aliases(kernel),
  dev_is_dma_coherent: (kernel) => known(kernel.port.model.coherent ? 1n : 0n),
  dma_get_cache_alignment: (kernel) => known(BigInt(kernel.platform.minAlign.value)),
  vma_pages: (kernel, call) => {
    const start = kernel.readField(bits(call, 0), "vm_area_struct", "vm_start").bits;
    const end = kernel.readField(bits(call, 0), "vm_area_struct", "vm_end").bits;
    return known((end - start) / BigInt(kernel.hardware.pageBytes));
  },
  pgprot_val: same(0),
  __pgprot: same(0),
  dma_unmap_addr: same(0),
  flush_dcache_page: (kernel, call) => {
    flushPage(kernel, bits(call, 0), `${call.name}()`);
    return zeroValue;
  },
  test_and_set_bit: () => zeroValue,
  snd_soc_rtd_to_cpu: (kernel, call) =>
    kernel.evaluator.inputValue(`${call.name}()`, { kind: "pointer", target: { kind: "void" } }, false),
  dma_submit_error: pure(([value = 0n]) => (value < 0n ? 1n : 0n)),
};
