/** Where the user goes: from step to step, and back along the way of a byte. */
import { type BytePlace, originOf, type RowView, stepOfEvent } from "@dma-lens/engine/trace";
import { nextDifference } from "./differing.ts";
import { type PanelModel, placeCount, placeOf, rowViews, runOn, type Side, stepOn, stepsAt } from "./panel-model.ts";
import { nextMatch } from "./search.ts";

export type Move =
  | { readonly to: "first" | "last" | "next" | "previous" | "nextStale" | "previousStale" }
  | { readonly to: "nextDifference" | "previousDifference" | "nextMatch" | "previousMatch" }
  | { readonly to: "step"; readonly step: number }
  /** To a step of one of the runs, by its index there. */
  | { readonly to: "stepOf"; readonly side: Side; readonly step: number }
  | { readonly to: "by"; readonly count: number };

/** The model after a move of the user; places are clamped. */
export function move(model: PanelModel, where: Move): PanelModel {
  const last = Math.max(0, placeCount(model) - 1);
  const target = targetOf(where, model, last);
  return { ...model, step: Math.max(0, Math.min(target, last)), playing: model.playing && target < last };
}

function targetOf(where: Move, model: PanelModel, last: number): number {
  const { step } = model;
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
      return nextStalePlace(model, 1) ?? step;
    case "previousStale":
      return nextStalePlace(model, -1) ?? step;
    case "nextDifference":
      return nextDifference(model, 1) ?? step;
    case "previousDifference":
      return nextDifference(model, -1) ?? step;
    case "nextMatch":
      return nextMatch(model, 1) ?? step;
    case "previousMatch":
      return nextMatch(model, -1) ?? step;
    case "step":
      return where.step;
    case "stepOf":
      return placeOf(model, where.side, where.step);
    case "by":
      return step + where.count;
  }
}

function nextStalePlace(model: PanelModel, direction: 1 | -1): number | undefined {
  for (let place = model.step + direction; place >= 0 && place < placeCount(model); place += direction) {
    if (stepsAt(model, place).some(({ step }) => step.stale)) return place;
  }
  return undefined;
}

/**
 * "Who wrote this byte?" The first time it chooses the byte that tells most of the step; from then on it goes back, event by event,
 * along the way that the chosen byte has come.
 */
export function followOrigin(model: PanelModel): PanelModel {
  const side = model.selected?.side ?? "left";
  const run = runOn(model, side);
  const index = stepOn(model, side);
  const step = run?.steps[index];
  if (run === undefined || step === undefined) return model;
  if (model.selected === undefined) {
    const place = tellingByte(rowViews(run, index));
    return { ...model, playing: false, selected: place && { side, place } };
  }
  const { links } = originOf(run.replay, step.last, model.selected.place);
  const earlier = links.find((link) => link.event < step.first);
  if (earlier === undefined) return model;
  return {
    ...model,
    playing: false,
    step: placeOf(model, side, stepOfEvent(run.steps, earlier.event)),
    selected: { side, place: earlier.place },
  };
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
