/** The whole panel as a lit template of the model. */
import type { BytePlace } from "@dma-lens/engine/trace";
import { html, nothing, type TemplateResult } from "lit";
import type { PanelMessage, Unversioned } from "../../shared/protocol.ts";
import { type Move, type PanelModel, rowViews, type Run } from "../panel-model.ts";
import { agentName } from "./agent.ts";
import { deviceView } from "./device.ts";
import { headView } from "./head.ts";
import { keysView } from "./keys.ts";
import { mappingsView } from "./mappings.ts";
import { memoryView } from "./memory.ts";
import { sourceView } from "./source.ts";
import { stepsView } from "./steps.ts";
import { toolbarView } from "./toolbar.ts";

export interface PanelActions {
  send(message: Unversioned<PanelMessage>): void;
  go(move: Move): void;
  togglePlay(): void;
  revealStep(step: number, focus: boolean): void;
  /** Asks who wrote a byte; undefined asks no more. */
  select(place: BytePlace | undefined): void;
  /** Goes back along the way of the chosen byte. */
  origin(): void;
}

export function panelView(model: PanelModel, actions: PanelActions): TemplateResult {
  return html`
    ${headView(model, actions)}
    ${notices(model, actions)}
    ${model.run ? runView(model, model.run, actions) : emptyView(model)}
  `;
}

function runView(model: PanelModel, run: Run, actions: PanelActions): TemplateResult {
  const step = run.steps[model.step];
  if (!step) return html`<p class="empty">The run has no steps.</p>`;
  const { trace } = run.replay;
  const state = run.replay.at(step.last);
  const before = run.replay.at(step.first - 1);
  const events = trace.events.slice(step.first, step.last + 1);
  const rows = rowViews(run, model.step);
  const [first, ...more] = step.sentences;
  return html`
    <div class="stage">
    ${toolbarView(model, run, actions)}
    <section class="story ${step.stale ? "is-stale" : ""}" aria-live="polite" aria-atomic="true" tabindex="-1">
      <span class="agent agent-${step.agent}">${agentName(step.agent)}</span>
      <div>
        <p data-part="sentence">${first ?? ""}</p>
        ${detailsView(more, step.harm !== undefined)}
      </div>
    </section>
    </div>
    <div class="columns">
      <div class="column">${sourceView(trace, step, actions, model.step)} ${stepsView(run, model.step, actions)}</div>
      <div class="column">
        ${memoryView(model, run, rows, actions)} ${mappingsView(state, before)} ${deviceView(trace, state, before, events)}
        ${keysView()}
      </div>
    </div>
  `;
}

/** What happens within the step. A long list is folded, but the sentence that tells the harm (the last one) stays in sight. */
function detailsView(sentences: readonly string[], harm: boolean): TemplateResult {
  const line = (sentence: string): TemplateResult => html`<p class="more">${sentence}</p>`;
  if (sentences.length <= 2) return html`${sentences.map(line)}`;
  const last = harm ? sentences.at(-1) : undefined;
  const folded = last === undefined ? sentences : sentences.slice(0, -1);
  return html`${last === undefined ? nothing : line(last)}
    <details>
      <summary class="more">${folded.length} things happen within this step</summary>
      ${folded.map(line)}
    </details>`;
}

function notices(model: PanelModel, actions: PanelActions): TemplateResult {
  return html`
    ${model.busy === undefined ? nothing : html`<p class="notice" role="status">${model.busy}</p>`}
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

function emptyView(model: PanelModel): TemplateResult {
  if (!model.replay) return html`<p class="empty" role="status">Executing the driver on the simulated machine…</p>`;
  return html`<p class="empty"><strong>There is nothing to replay on this platform.</strong> ${model.replay.sentence}</p>`;
}
