/** The list of steps draws only what is in sight: a run may have thousands of them. */
import { type PanelModel, placeCount } from "./panel-model.ts";

/** Steps that are drawn: more than fit in sight, so that a small scroll shows no gap. */
export const drawnSteps = 60;
/** Of them above the first one in sight. */
const margin = 15;

/** The first step to draw, so that the current one is drawn: it stays as long as the current step is well within. */
export function listFromFor(within: HTMLElement | null, model: PanelModel): number {
  const { step, listFrom } = model;
  const list = within?.querySelector<HTMLElement>(".steps");
  const inSight =
    list === null || list === undefined ? drawnSteps - 2 * margin : Math.ceil(list.clientHeight / heightOf(list));
  if (step >= listFrom + (listFrom === 0 ? 0 : margin) && step < listFrom + drawnSteps - margin) return listFrom;
  return clamp(step - Math.floor(inSight / 2) - margin, placeCount(model));
}

/** The first step to draw at the list's present scroll position. */
export function listFromScroll(list: HTMLElement, count: number, drawn: number): number {
  const top = Math.floor(list.scrollTop / heightOf(list));
  // As long as what is in sight is drawn, nothing changes.
  const inSight = Math.ceil(list.clientHeight / heightOf(list));
  if (top >= drawn && top + inSight <= drawn + drawnSteps) return drawn;
  return clamp(top - margin, count);
}

/** Scrolls the list of steps and nothing else: the picture must stay where it is. */
export function keepStepVisible(within: HTMLElement, { step }: PanelModel): void {
  const list = within.querySelector<HTMLElement>(".steps");
  if (!list) return;
  const height = heightOf(list);
  if (step * height < list.scrollTop) list.scrollTop = step * height;
  else if ((step + 1) * height > list.scrollTop + list.clientHeight) {
    list.scrollTop = (step + 1) * height - list.clientHeight;
  }
}

/** Pixels of one step: all have the same height. */
const heightOf = (list: HTMLElement): number =>
  Math.max(1, list.querySelector("li")?.getBoundingClientRect().height ?? 24);

const clamp = (from: number, count: number): number => Math.max(0, Math.min(from, count - drawnSteps));
