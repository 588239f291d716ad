/**
 * What the panel shows, as a value: the last messages of the host and the step that the user is at.
 * Pure, so that it is tested without a browser: `receive` and `move` return the next model.
 */
import {
  type BytePlace,
  type MemoryRow,
  nextStale,
  originOf,
  type Replay,
  rowsOfStep,
  type RowView,
  stepOfEvent,
  stepsAtLine,
  type TimelineStep,
  viewRow,
} from "@dma-lens/engine/trace";
import type { HostMessage, PanelFinding, PanelPlatform, PanelReplay, PanelState } from "../shared/protocol.ts";

export interface PanelModel {
  readonly finding?: PanelFinding | undefined;
  readonly platforms: readonly PanelPlatform[];
  readonly replay?: PanelReplay | undefined;
  /** Made of `replay.trace`; absent when the run could not be executed. */
  readonly run?: Run | undefined;
  /** Index into `run.steps`. */
  readonly step: number;
  readonly state?: PanelState | undefined;
  readonly busy?: string | undefined;
  readonly failure?: string | undefined;
  readonly outdated?: string | undefined;
  readonly playing: boolean;
  /** The byte whose origin is told. */
  readonly selected?: BytePlace | undefined;
}

export interface Run {
  readonly replay: Replay;
  readonly steps: readonly TimelineStep[];
  /** The rows that are shown at every step. */
  readonly rows: readonly MemoryRow[];
}

export const emptyModel: PanelModel = { platforms: [], step: 0, playing: false };

export type Move =
  | { readonly to: "first" | "last" | "next" | "previous" | "nextStale" | "previousStale" }
  | { readonly to: "step"; readonly step: number }
  | { readonly to: "by"; readonly count: number };

/** The model after a message of the host. `makeRun` reads a trace (it is passed in, since it keeps a cache). */
export function receive(
  model: PanelModel,
  message: HostMessage,
  makeRun: (replay: PanelReplay) => Run | undefined,
): PanelModel {
  switch (message.kind) {
    case "init":
    case "trace": {
      const run = makeRun(message.replay);
      const kept = message.kind === "init" ? stepWithNumber(run, message.state.step) : 0;
      return {
        ...model,
        ...(message.kind === "init" && { finding: message.finding, platforms: message.platforms }),
        replay: message.replay,
        run,
        step: kept,
        state: message.state,
        busy: undefined,
        failure: undefined,
        outdated: undefined,
        playing: false,
        selected: undefined,
      };
    }
    case "verdicts": {
      const news = new Map(message.platforms.map((platform) => [platform.id, platform]));
      return { ...model, platforms: model.platforms.map((platform) => news.get(platform.id) ?? platform) };
    }
    case "busy":
      return { ...model, busy: message.sentence, failure: undefined };
    case "failed":
      return { ...model, busy: undefined, failure: message.sentence };
    case "outdated":
      return { ...model, outdated: message.sentence };
    case "applied":
      return { ...model, busy: undefined };
    case "cursor": {
      const at = model.run && stepsAtLine(model.run.steps, message.file, message.line)[0];
      return at === undefined ? model : { ...model, step: at, playing: false };
    }
  }
}

/** The model after a move of the user; steps are clamped into the run. */
export function move(model: PanelModel, where: Move): PanelModel {
  const steps = model.run?.steps ?? [];
  const last = Math.max(0, steps.length - 1);
  const target = targetOf(where, model.step, last, steps);
  return { ...model, step: Math.max(0, Math.min(target, last)), playing: model.playing && target < last };
}

/** What is in memory at a step: the run's rows, then those that only this step touches. */
export function rowViews({ replay, steps, rows }: Run, index: number): readonly RowView[] {
  const step = steps[index];
  if (step === undefined) return [];
  const state = replay.at(step.last);
  const before = replay.at(step.first - 1);
  const events = replay.trace.events.slice(step.first, step.last + 1);
  return [...rows, ...rowsOfStep(replay.trace, rows, events)].map((row) => viewRow(row, state, before, events));
}

/**
 * "Who wrote this byte?" The first time it chooses the byte that tells most of the step; from then on it goes back, event by event,
 * along the way that the chosen byte has come.
 */
export function followOrigin(model: PanelModel): PanelModel {
  const { run, selected } = model;
  const step = run?.steps[model.step];
  if (run === undefined || step === undefined) return model;
  if (selected === undefined) return { ...model, playing: false, selected: tellingByte(rowViews(run, model.step)) };
  const earlier = originOf(run.replay, step.last, selected).links.find((link) => link.event < step.first);
  if (earlier === undefined) return model;
  return { ...model, playing: false, step: stepOfEvent(run.steps, earlier.event), selected: earlier.place };
}

/** A byte that is read stale, else one that is stale, else one that is accessed, else one that changed, else the first. */
export function tellingByte(rows: readonly RowView[]): BytePlace | undefined {
  const read = rows.flatMap(({ accesses }) => accesses).find((access) => access.stale);
  const cells = rows.flatMap((row) => [
    ...row.copies.flatMap((copy) => copy.cells),
    ...(row.pending ?? []),
    ...row.memory,
  ]);
  const at = (physical: number | undefined) =>
    physical === undefined ? undefined : cells.find((cell) => cell.place.physical === physical);
  const found =
    at(read?.physical) ??
    cells.find((cell) => cell.stale) ??
    at(rows.flatMap(({ accesses }) => accesses)[0]?.physical) ??
    cells.find((cell) => cell.changed) ??
    cells[0];
  return found?.place;
}

function targetOf(where: Move, step: number, last: number, steps: readonly TimelineStep[]): number {
  switch (where.to) {
    case "first":
      return 0;
    case "last":
      return last;
    case "next":
      return step + 1;
    case "previous":
      return step - 1;
    case "nextStale":
      return nextStale(steps, step, 1) ?? step;
    case "previousStale":
      return nextStale(steps, step, -1) ?? step;
    case "step":
      return where.step;
    case "by":
      return step + where.count;
  }
}

function stepWithNumber(run: Run | undefined, number: number): number {
  return Math.max(0, Math.min(number, (run?.steps.length ?? 1) - 1));
}
