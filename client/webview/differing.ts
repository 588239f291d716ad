/** Where two runs that are shown side by side differ. */
import { type ComparedSide, type Difference, differences } from "@dma-lens/engine/trace";
import { type PanelModel, placeCount, rowViews, type Run, stepOn } from "./panel-model.ts";

/** Looking for a difference costs a picture of each place. */
const mostPlaces = 1000;

/** What differs at a place; empty when only one run is shown. */
export function differencesAt(model: PanelModel, place = model.step): readonly Difference[] {
  const { run, otherRun } = model;
  if (run === undefined || otherRun === undefined) return [];
  const left = sideOf(run, stepOn(model, "left", place));
  const right = sideOf(otherRun, stepOn(model, "right", place));
  return differences(left, right, model.pairs?.[place]?.moves === "both");
}

/** The next place at which something else differs than here, or at which only one run goes on. */
export function nextDifference(model: PanelModel, direction: 1 | -1): number | undefined {
  if (model.pairs === undefined) return undefined;
  const here = JSON.stringify(differencesAt(model));
  for (let away = 1; away <= mostPlaces; away++) {
    const place = model.step + away * direction;
    if (place < 0 || place >= placeCount(model)) return undefined;
    const there = differencesAt(model, place);
    const alone = model.pairs[place]?.moves !== "both";
    if (alone || (there.length > 0 && JSON.stringify(there) !== here)) return place;
  }
  return undefined;
}

function sideOf(run: Run, step: number): ComparedSide {
  const { replay, steps } = run;
  return { trace: replay.trace, rows: rowViews(run, step), state: replay.at(steps[step]?.last ?? -1) };
}
