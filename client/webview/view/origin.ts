/** "Who wrote this byte?": the way of the chosen byte, from where it is back to the event that wrote it. */
import { agentNames, byteName, type BytePlace, originOf, type OriginLink, stepOfEvent } from "@dma-lens/engine/trace";
import { html, nothing, type TemplateResult } from "lit";
import { type PanelModel, type Run, type Side, stepOn } from "../panel-model.ts";
import type { PanelActions } from "./panel.ts";

export function originView(model: PanelModel, run: Run, side: Side, actions: PanelActions): TemplateResult {
  const step = run.steps[stepOn(model, side)];
  const selected = model.selected?.side === side ? model.selected.place : undefined;
  if (selected === undefined || step === undefined) {
    // Of two pictures, one has the button: the other one's bytes can be chosen all the same.
    if (side === "right") return html``;
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
  const asked: Asked = { run, side, model, actions };
  const links = origin.links.map((link, i) => linkView(link, asked, origin.written && i === origin.links.length - 1));
  return html`<div class="origin" role="region" aria-label="Who wrote this byte" aria-live="polite">
    <p>
      <strong>Who wrote <code>${name}</code> ${placeName(selected)}${
        origin.value === undefined ? "" : html` (<code>${digits(origin.value)}</code>)`
      }?</strong>
      <button type="button" class="link" aria-label="Close: who wrote this byte" @click=${() => actions.select(side, undefined)}>
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
            ${linkWords(origin.newest.link, asked)}
          </p>`
    }
  </div>`;
}

interface Asked {
  readonly run: Run;
  readonly side: Side;
  readonly model: PanelModel;
  readonly actions: PanelActions;
}

function linkView(link: OriginLink, asked: Asked, writer: boolean): TemplateResult {
  return html`<li>
    ${linkWords(link, asked)} ${writer ? html`<span class="tag">written here</span>` : nothing}
  </li>`;
}

function linkWords(link: OriginLink, { run, side, model, actions }: Asked): TemplateResult {
  const index = stepOfEvent(run.steps, link.event);
  const where =
    index === stepOn(model, side)
      ? html`<span>In this step</span>`
      : html`<button
          type="button"
          class="link"
          @click=${() => {
            actions.go({ to: "stepOf", side, step: index });
          }}
        >
          Step ${index + 1}</button
        >`;
  return html`${where}, <span class="agent agent-${link.agent}">${agentNames[link.agent]}</span> ${link.sentence}`;
}

const digits = (byte: number): string => byte.toString(16).padStart(2, "0");

const placeName = (place: BytePlace): string =>
  ({ memory: "in RAM", cache: "in the cache", buffer: "in the write buffer" })[place.kind];
