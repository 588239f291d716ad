/** Two runs side by side: the same steps next to each other, and what differs marked in the pictures and told in words. */
import { differingCells } from "@dma-lens/engine/trace";
import { html, nothing, type TemplateResult } from "lit";
import type { PanelReplay } from "../../shared/protocol.ts";
import { differencesAt } from "../differing.ts";
import { type PanelModel, rowViews, type Run, type Side, stepOn, stepsAt } from "../panel-model.ts";
import { mappingsView } from "./mappings.ts";
import { memoryView } from "./memory.ts";
import type { PanelActions } from "./panel.ts";
import { sourceView } from "./source.ts";
import { stepsView } from "./steps.ts";
import { storyView } from "./story.ts";
import { togglesView } from "./toggles.ts";
import { toolbarView } from "./toolbar.ts";
import { marks, variantName, words } from "./words.ts";

export function compareView(model: PanelModel, left: Run, right: Run, actions: PanelActions): TemplateResult {
  const rows = { left: rowViews(left, stepOn(model, "left")), right: rowViews(right, stepOn(model, "right")) };
  const pane = (side: Side, run: Run): TemplateResult => {
    const step = run.steps[stepOn(model, side)];
    const state = run.replay.at(step?.last ?? -1);
    const before = run.replay.at((step?.first ?? 0) - 1);
    const marked = differingCells(rows[side], rows[side === "left" ? "right" : "left"]);
    const waits = !stepsAt(model, model.step).some((one) => one.side === side);
    const replay = side === "left" ? model.replay : model.other;
    return html`<section class="column pane" aria-label=${side === "left" ? "Run A" : "Run B"}>
      ${replay === undefined ? nothing : paneHead(model, replay, side)}
      ${step === undefined || waits ? html`<p class="story is-waiting">${waiting(run, stepOn(model, side))}</p>` : storyView(step)}
      ${memoryView(model, run, rows[side], actions, side, marked)} ${mappingsView(state, before, model.onlyChanges, false)}
    </section>`;
  };
  const [moving] = stepsAt(model, model.step);
  const trace = (moving?.side === "right" ? right : left).replay.trace;
  return html`
    <div class="stage">${toolbarView(model, actions)}</div>
    ${differencesView(model)}
    <div class="panes">${pane("left", left)} ${pane("right", right)}</div>
    <div class="columns">
      <div class="column">${moving === undefined ? nothing : sourceView(trace, moving.step, actions, model.step)}</div>
      <div class="column">${stepsView(model, actions)} ${togglesView(model, actions)}</div>
    </div>
  `;
}

function waiting(run: Run, step: number): string {
  if (step < 0) return "This run has not begun.";
  if (step === run.steps.length - 1) return "This run has ended.";
  return "This run waits: the other one does a step that this one does not have.";
}

function paneHead(model: PanelModel, replay: PanelReplay, side: Side): TemplateResult {
  const title = model.platforms.find((platform) => platform.id === replay.platform)?.title ?? replay.platform;
  return html`<h2 class="pane-head">
      <span class="side">${side === "left" ? "A" : "B"}</span> ${title}, ${variantName(replay.variant, model.finding)}
    </h2>
    <p class="verdict verdict-${replay.verdict}" data-part=${side === "left" ? "verdict" : "other-verdict"}>
      <span class="mark" aria-hidden="true">${marks[replay.verdict]}</span> <strong>${words[replay.verdict]}</strong>
      <span class="why">${replay.sentence}</span>
    </p>`;
}

function differencesView(model: PanelModel): TemplateResult {
  const found = differencesAt(model);
  const alone = model.pairs?.[model.step]?.moves ?? "both";
  return html`<section class="card differences" aria-live="polite">
    <h2>${found.length === 0 ? "Both are the same here" : "What differs here"}</h2>
    ${
      alone === "both"
        ? nothing
        : html`<p>Only run <strong>${alone === "left" ? "A" : "B"}</strong> does this step.</p>`
    }
    ${
      found.length === 0
        ? html`<p class="quiet">Step on, or go to the next difference with <kbd>d</kbd>.</p>`
        : html`<div class="scroll" tabindex="0" role="group" aria-label="Differences, scrollable">
            <table>
              <thead>
                <tr><th scope="col">What</th><th scope="col">A</th><th scope="col">B</th></tr>
              </thead>
              <tbody>
                ${found.map(
                  ({ what, left, right }) =>
                    html`<tr><th scope="row">${what}</th><td><code>${left}</code></td><td><code>${right}</code></td></tr>`,
                )}
              </tbody>
            </table>
          </div>`
    }
  </section>`;
}
