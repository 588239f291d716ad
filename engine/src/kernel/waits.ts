/**
 * Functions and macros that wait for a device, or for the interrupt handler that heard of it, and can give up: how each says that it
 * did. include/linux/completion.h, wait.h, iopoll.h, regmap.h, dmaengine.h (linux 6.12.117).
 */

/** What the result is when the wait was given up: 0, a negative errno, or either. */
export type GivenUp = "zero" | "negative" | "zero-or-negative";

const waits: ReadonlyMap<string, GivenUp> = new Map<string, GivenUp>([
  ["wait_for_completion_timeout", "zero"],
  ["wait_for_completion_io_timeout", "zero"],
  ["wait_for_completion_interruptible", "negative"],
  ["wait_for_completion_killable", "negative"],
  ["wait_for_completion_interruptible_timeout", "zero-or-negative"],
  ["wait_for_completion_killable_timeout", "zero-or-negative"],
  ["wait_event_timeout", "zero"],
  ["wait_event_interruptible", "negative"],
  ["wait_event_killable", "negative"],
  ["wait_event_interruptible_timeout", "zero-or-negative"],
  ["wait_event_killable_timeout", "zero-or-negative"],
  ["readb_poll_timeout", "negative"],
  ["readw_poll_timeout", "negative"],
  ["readl_poll_timeout", "negative"],
  ["readq_poll_timeout", "negative"],
  ["readb_poll_timeout_atomic", "negative"],
  ["readw_poll_timeout_atomic", "negative"],
  ["readl_poll_timeout_atomic", "negative"],
  ["readq_poll_timeout_atomic", "negative"],
  ["readl_relaxed_poll_timeout", "negative"],
  ["readl_relaxed_poll_timeout_atomic", "negative"],
  ["readx_poll_timeout", "negative"],
  ["readx_poll_timeout_atomic", "negative"],
  ["read_poll_timeout", "negative"],
  ["read_poll_timeout_atomic", "negative"],
  ["regmap_read_poll_timeout", "negative"],
  ["regmap_read_poll_timeout_atomic", "negative"],
]);

/** The names of all of them. */
export const waitNames: readonly string[] = [...waits.keys()];

/** How the call of that name says that it gave up; undefined where it is none of them, or where it waits for ever. */
export function givenUp(name: string): GivenUp | undefined {
  return waits.get(name);
}
