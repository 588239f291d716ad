/**
 * What the panel shows, as a value: the last messages of the host and the place that the user is at.
 * Pure, so that it is tested without a browser: `receive` and `move` return the next model.
 */
import {
  alignSteps,
  type BytePlace,
  type MemoryRow,
  type Replay,
  rowsOfStep,
  type RowView,
  type StepPair,
  stepsAtLine,
  type TimelineStep,
  viewRow,
} from "@dma-lens/engine/trace";
import type {
  HostMessage,
  PanelFinding,
  PanelPlatform,
  PanelReplay,
  PanelState,
  PanelToggle,
} from "../shared/protocol.ts";

export interface PanelModel {
  /** Whether there is an editor behind the panel; false in an exported page. */
  readonly hosted: boolean;
  readonly finding?: PanelFinding | undefined;
  readonly platforms: readonly PanelPlatform[];
  readonly toggles: readonly PanelToggle[];
  readonly replay?: PanelReplay | undefined;
  /** Made of `replay.trace`; absent when the run could not be executed. */
  readonly run?: Run | undefined;
  /** The second run, while two are compared. */
  readonly other?: PanelReplay | undefined;
  readonly otherRun?: Run | undefined;
  /** The steps of both runs, aligned; absent unless both could be executed. */
  readonly pairs?: readonly StepPair[] | undefined;
  /** Index into `pairs` while two runs are compared, else into `run.steps`. */
  readonly step: number;
  readonly state?: PanelState | undefined;
  readonly busy?: string | undefined;
  readonly done?: string | undefined;
  readonly failure?: string | undefined;
  readonly outdated?: string | undefined;
  readonly playing: boolean;
  /** The byte whose origin is told. */
  readonly selected?: SelectedByte | undefined;
  /** What is looked for in the steps; empty for nothing. */
  readonly query: string;
  /** Whether rows that nothing happens to are left out. */
  readonly onlyChanges: boolean;
  /** The first step that the list of steps draws. */
  readonly listFrom: number;
}

/** Of the run, or of the one that it is compared with. */
export type Side = "left" | "right";

export interface SelectedByte {
  readonly side: Side;
  readonly place: BytePlace;
}

export interface Run {
  readonly replay: Replay;
  readonly steps: readonly TimelineStep[];
  /** The rows that are shown at every step. */
  readonly rows: readonly MemoryRow[];
}

export const emptyModel: PanelModel = {
  hosted: true,
  platforms: [],
  toggles: [],
  step: 0,
  playing: false,
  query: "",
  onlyChanges: false,
  listFrom: 0,
};

type MakeRun = (replay: PanelReplay) => Run | undefined;

/** The model after a message of the host. `makeRun` reads a trace (it is passed in, since it keeps a cache). */
export function receive(model: PanelModel, message: HostMessage, makeRun: MakeRun): PanelModel {
  const rest = { busy: undefined, done: undefined, failure: undefined };
  switch (message.kind) {
    case "init":
    case "trace": {
      const { replay, state } = message;
      const run = makeRun(replay);
      const isNew = message.kind === "init";
      const kept = isNew ? Math.min(state.step, Math.max(0, (run?.steps.length ?? 1) - 1)) : 0;
      const other = isNew ? message.other : model.other;
      const next = {
        ...model,
        ...rest,
        ...(isNew && { finding: message.finding, platforms: message.platforms, toggles: message.toggles ?? [] }),
        replay,
        run,
        other,
        otherRun: isNew ? other && makeRun(other) : model.otherRun,
        state,
        outdated: undefined,
        playing: false,
        selected: undefined,
      };
      return paired(next, kept);
    }
    case "compare":
      return paired(
        {
          ...model,
          ...rest,
          other: message.replay,
          otherRun: message.replay && makeRun(message.replay),
          state: message.state,
          selected: undefined,
        },
        Math.max(0, stepOn(model, "left")),
      );
    case "verdicts": {
      const news = new Map(message.platforms.map((platform) => [platform.id, platform]));
      return { ...model, platforms: model.platforms.map((platform) => news.get(platform.id) ?? platform) };
    }
    case "busy":
      return { ...model, ...rest, busy: message.sentence };
    case "done":
      return { ...model, ...rest, done: message.sentence };
    case "failed":
      return { ...model, ...rest, failure: message.sentence };
    case "outdated":
      return { ...model, outdated: message.sentence };
    case "applied":
      return { ...model, busy: undefined };
    case "cursor": {
      const at = model.run && stepsAtLine(model.run.steps, message.file, message.line)[0];
      if (at === undefined) return model;
      return { ...model, step: placeOf(model, "left", at), playing: false };
    }
  }
}

/** With the runs aligned, at the step of the first one. */
function paired(model: PanelModel, left: number): PanelModel {
  const { run, otherRun } = model;
  const pairs = run && otherRun && alignSteps(run.steps, otherRun.steps);
  const next = { ...model, pairs };
  return { ...next, step: placeOf(next, "left", left), listFrom: 0 };
}

/** How many places there are to go to. */
export const placeCount = ({ pairs, run }: PanelModel): number => pairs?.length ?? run?.steps.length ?? 0;

/** The index of a run's step at a place (default: where the user is); -1 when that run has not begun. */
export function stepOn(model: PanelModel, side: Side, place = model.step): number {
  if (model.pairs === undefined) return side === "left" ? place : -1;
  return model.pairs[place]?.[side] ?? -1;
}

/** The place at which a run does its step of that index. */
export function placeOf({ pairs }: PanelModel, side: Side, step: number): number {
  if (pairs === undefined) return step;
  const waits = side === "left" ? "right" : "left";
  const found = pairs.findIndex((pair) => pair[side] === step && pair.moves !== waits);
  return Math.max(0, found);
}

/** The steps that begin at a place: one, or one of each run. */
export function stepsAt(model: PanelModel, place: number): readonly { side: Side; step: TimelineStep }[] {
  const moves = model.pairs?.[place]?.moves;
  const sides: readonly Side[] =
    moves === undefined || moves === "left" ? ["left"] : moves === "right" ? ["right"] : ["left", "right"];
  return sides.flatMap((side) => {
    const step = runOn(model, side)?.steps[stepOn(model, side, place)];
    return step === undefined ? [] : [{ side, step }];
  });
}

export const runOn = ({ run, otherRun }: PanelModel, side: Side): Run | undefined => (side === "left" ? run : otherRun);

/** What is in memory at a step: the run's rows, then those that only this step touches. -1: before the first step. */
export function rowViews({ replay, steps, rows }: Run, index: number): readonly RowView[] {
  const step = steps[index];
  const state = replay.at(step?.last ?? -1);
  const before = replay.at((step?.first ?? 0) - 1);
  const events = step === undefined ? [] : replay.trace.events.slice(step.first, step.last + 1);
  return [...rows, ...rowsOfStep(replay.trace, rows, events)].map((row) => viewRow(row, state, before, events));
}
