/**
 * A schedule: what was left open in a run and how it went. As text it replays that run exactly:
 *
 *     "choose=0.1 0:warm(80110000) 3:evict(80110000) 3:fill(80110000@c0110000) 5:drain(80110000)"
 *
 * `choose` are the program's choices in order (which agent goes next), trailing zeros left out. `N:step(...)` is an environment step
 * right before agent action N, counted from 0; steps of one N happen in the order of the text. A line is named by its physical
 * address in hexadecimal, and by the virtual one too where that is not its linear address. The empty text is the natural run.
 */
import type { EnvironmentAction } from "../machine/action.ts";
import { addressOfBits, bitsOfAddress } from "../machine/address.ts";
import type { MachineModel } from "../machine/model.ts";

export interface ScheduledStep {
  /** Index of the agent action that the step comes before. */
  readonly at: number;
  readonly step: EnvironmentAction;
}

export interface Schedule {
  readonly choices: readonly number[];
  /** Ordered by `at`. */
  readonly steps: readonly ScheduledStep[];
}

export const naturalSchedule: Schedule = { choices: [], steps: [] };

export function scheduleText(schedule: Schedule, model: MachineModel): string {
  const parts: string[] = [];
  let count = schedule.choices.length;
  while (count > 0 && schedule.choices[count - 1] === 0) count--;
  if (count > 0) parts.push(`choose=${schedule.choices.slice(0, count).join(".")}`);
  const { linearBase, ramBase } = model.addresses;
  for (const { at, step } of schedule.steps) {
    const physical = step.physical.toString(16);
    const isLinear = step.kind === "drain" || step.virtual === step.physical - ramBase + linearBase;
    const virtual = isLinear ? "" : `@${bitsOfAddress(step.virtual, model.bits).toString(16)}`;
    parts.push(`${at}:${step.kind}(${physical}${virtual})`);
  }
  return parts.join(" ");
}

/** Undefined where the text is not a schedule. */
export function parseSchedule(text: string, model: MachineModel): Schedule | undefined {
  const choices: number[] = [];
  const steps: ScheduledStep[] = [];
  for (const part of text.split(" ")) {
    if (part === "") continue;
    const chosen = /^choose=(\d{1,6}(?:\.\d{1,6})*)$/.exec(part)?.[1];
    if (chosen !== undefined) {
      choices.push(...chosen.split(".").map(Number));
      continue;
    }
    const match = /^(\d{1,9}):(evict|fill|soil|warm|drain)\(([0-9a-f]{1,12})(?:@([0-9a-f]{1,16}))?\)$/.exec(part);
    const kind = match?.[2];
    if (match === null || kind === undefined) return undefined;
    const at = Number(match[1]);
    const physical = Number.parseInt(match[3] ?? "", 16);
    if (kind === "drain") {
      steps.push({ at, step: { kind, physical } });
      continue;
    }
    const given = match[4];
    const { linearBase, ramBase } = model.addresses;
    const virtual =
      given === undefined ? physical - ramBase + linearBase : addressOfBits(BigInt(`0x${given}`), model.bits);
    if (kind === "evict" || kind === "fill" || kind === "soil" || kind === "warm") {
      steps.push({ at, step: { kind, physical, virtual } });
    }
  }
  for (let i = 1; i < steps.length; i++) if ((steps[i - 1]?.at ?? 0) > (steps[i]?.at ?? 0)) return undefined;
  return { choices, steps };
}
