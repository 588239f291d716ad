/** "Who wrote this byte?": the way of the chosen byte, from where it is back to the event that wrote it. */
import { byteName, type BytePlace, originOf, type OriginLink, stepOfEvent } from "@dma-lens/engine/trace";
import { html, nothing, type TemplateResult } from "lit";
import type { PanelModel, Run } from "../panel-model.ts";
import { agentName } from "./agent.ts";
import type { PanelActions } from "./panel.ts";

export function originView(model: PanelModel, run: Run, actions: PanelActions): TemplateResult {
  const step = run.steps[model.step];
  const { selected } = model;
  if (selected === undefined || step === undefined) {
    return html`<p class="origin-hint">
      <button type="button" class="secondary" title="Who wrote this byte? (w)" @click=${() => actions.origin()}>
        Who wrote this byte?
      </button>
      <span class="quiet">or choose any byte above</span>
    </p>`;
  }
  const { trace } = run.replay;
  const origin = originOf(run.replay, step.last, selected);
  const name = byteName(trace, selected.physical);
  const links = origin.links.map((link, i) =>
    linkView(link, run, model, actions, origin.written && i === origin.links.length - 1),
  );
  return html`<div class="origin" role="region" aria-label="Who wrote this byte" aria-live="polite">
    <p>
      <strong>Who wrote <code>${name}</code> ${placeName(selected)}${
        origin.value === undefined ? "" : html` (<code>${digits(origin.value)}</code>)`
      }?</strong>
      <button type="button" class="link" aria-label="Close: who wrote this byte" @click=${() => actions.select(undefined)}>
        close
      </button>
    </p>
    <ol class="links">
      ${links}
      ${origin.written ? nothing : html`<li class="quiet">${origin.value === undefined ? "The run does not tell what is there." : "It was there before the run."}</li>`}
    </ol>
    ${
      origin.newest === undefined
        ? nothing
        : html`<p class="newest">
            <strong>The newest value is <code>${digits(origin.newest.value)}</code>:</strong>
            ${linkWords(origin.newest.link, run, model, actions)}
          </p>`
    }
  </div>`;
}

function linkView(
  link: OriginLink,
  run: Run,
  model: PanelModel,
  actions: PanelActions,
  writer: boolean,
): TemplateResult {
  return html`<li>
    ${linkWords(link, run, model, actions)} ${writer ? html`<span class="tag">written here</span>` : nothing}
  </li>`;
}

function linkWords(link: OriginLink, run: Run, model: PanelModel, actions: PanelActions): TemplateResult {
  const index = stepOfEvent(run.steps, link.event);
  const where =
    index === model.step
      ? html`<span>In this step</span>`
      : html`<button
          type="button"
          class="link"
          @click=${() => {
            actions.go({ to: "step", step: index });
            actions.revealStep(index, true);
          }}
        >
          Step ${index + 1}</button
        >`;
  return html`${where}, <span class="agent agent-${link.agent}">${agentName(link.agent)}</span> ${link.sentence}`;
}

const digits = (byte: number): string => byte.toString(16).padStart(2, "0");

const placeName = (place: BytePlace): string =>
  ({ memory: "in RAM", cache: "in the cache", buffer: "in the write buffer" })[place.kind];
