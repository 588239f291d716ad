/** Looking for a text in the steps: in what happens, in the code, and in the names of functions and files. */
import type { TimelineStep } from "@dma-lens/engine/trace";
import { type PanelModel, placeCount, stepsAt } from "./panel-model.ts";

/** Whether the place is found by the model's query; an empty query finds none. */
export function isMatch(model: PanelModel, place: number): boolean {
  const query = model.query.trim().toLowerCase();
  return query !== "" && stepsAt(model, place).some(({ step }) => textOf(step).includes(query));
}

/** The next place that is found, beginning again at the other end; undefined when there is none. */
export function nextMatch(model: PanelModel, direction: 1 | -1): number | undefined {
  const count = placeCount(model);
  for (let away = 1; away <= count; away++) {
    const place = (((model.step + away * direction) % count) + count) % count;
    if (isMatch(model, place)) return place;
  }
  return undefined;
}

/** How many places are found, and how many of them come before the current one or are it. */
export function matchCount(model: PanelModel): { readonly all: number; readonly until: number } {
  let all = 0;
  let until = 0;
  if (model.query.trim() === "") return { all, until };
  for (let place = 0; place < placeCount(model); place++) {
    if (!isMatch(model, place)) continue;
    all++;
    if (place <= model.step) until++;
  }
  return { all, until };
}

const texts = new WeakMap<TimelineStep, string>();

function textOf(step: TimelineStep): string {
  let text = texts.get(step);
  if (text === undefined) {
    const { sentences, code = "", function: name = "", source } = step;
    text = [...sentences, code, name, source?.file ?? ""].join("\n").toLowerCase();
    texts.set(step, text);
  }
  return text;
}
