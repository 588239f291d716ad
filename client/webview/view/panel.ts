/** The whole panel as a lit template of the model. */
import type { BytePlace } from "@dma-lens/engine/trace";
import { html, nothing, type TemplateResult } from "lit";
import type { PanelMessage, Unversioned } from "../../shared/protocol.ts";
import type { Move } from "../moves.ts";
import { type PanelModel, rowViews, type Run, type Side } from "../panel-model.ts";
import { compareView } from "./compare.ts";
import { deviceView } from "./device.ts";
import { headView } from "./head.ts";
import { keysView } from "./keys.ts";
import { mappingsView } from "./mappings.ts";
import { memoryView } from "./memory.ts";
import { sourceView } from "./source.ts";
import { storyView } from "./story.ts";
import { stepsView } from "./steps.ts";
import { togglesView } from "./toggles.ts";
import { toolbarView } from "./toolbar.ts";

export interface PanelActions {
  send(message: Unversioned<PanelMessage>): void;
  go(move: Move): void;
  togglePlay(): void;
  revealStep(step: number, focus: boolean): void;
  /** Asks who wrote a byte; undefined asks no more. */
  select(side: Side, place: BytePlace | undefined): void;
  /** Goes back along the way of the chosen byte. */
  origin(): void;
  search(query: string): void;
  showOnlyChanges(only: boolean): void;
  /** The list of steps was scrolled: draw it from this step on. */
  scrollList(from: number): void;
}

export function panelView(model: PanelModel, actions: PanelActions): TemplateResult {
  return html`
    ${headView(model, actions)}
    ${notices(model, actions)}
    ${model.run ? runView(model, model.run, actions) : emptyView(model, actions)}
  `;
}

function runView(model: PanelModel, run: Run, actions: PanelActions): TemplateResult {
  if (model.otherRun !== undefined) return compareView(model, run, model.otherRun, actions);
  const step = run.steps[model.step];
  if (!step) return html`<p class="empty">The run has no steps.</p>`;
  const { trace } = run.replay;
  const state = run.replay.at(step.last);
  const before = run.replay.at(step.first - 1);
  const events = trace.events.slice(step.first, step.last + 1);
  const rows = rowViews(run, model.step);
  return html`
    <div class="stage">${toolbarView(model, actions)} ${storyView(step)}</div>
    <div class="columns">
      <div class="column">${sourceView(trace, step, actions, model.step)} ${stepsView(model, actions)} ${togglesView(model, actions)}</div>
      <div class="column">
        ${memoryView(model, run, rows, actions)} ${mappingsView(state, before, model.onlyChanges)}
        ${deviceView(trace, state, before, events)} ${keysView()}
      </div>
    </div>
  `;
}

function notices(model: PanelModel, actions: PanelActions): TemplateResult {
  return html`
    ${model.busy === undefined ? nothing : html`<p class="notice" role="status">${model.busy}</p>`}
    ${model.done === undefined ? nothing : html`<p class="notice" role="status">${model.done}</p>`}
    ${model.failure === undefined ? nothing : html`<p class="notice is-failure" role="alert">${model.failure}</p>`}
    ${
      model.outdated === undefined
        ? nothing
        : html`<p class="notice" role="status">
            ${model.outdated}
            <button type="button" @click=${() => actions.send({ kind: "replayAsIs" })}>Replay again</button>
          </p>`
    }
  `;
}

function emptyView(model: PanelModel, actions: PanelActions): TemplateResult {
  if (!model.replay) return html`<p class="empty" role="status">Executing the driver on the simulated machine…</p>`;
  return html`<p class="empty"><strong>There is nothing to replay on this platform.</strong> ${model.replay.sentence}</p>
    ${togglesView(model, actions)}`;
}
