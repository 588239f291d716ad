/** All steps as a list: an overview, a way to jump, and what a search finds. */
import { html, nothing, type TemplateResult } from "lit";
import { type PanelModel, placeCount, type Side, stepsAt } from "../panel-model.ts";
import { isMatch, matchCount } from "../search.ts";
import { drawnSteps, listFromScroll } from "../step-list.ts";
import type { PanelActions } from "./panel.ts";

const letters = { cpu: "K", user: "A", device: "D", environment: "C" } as const;
const runNames: Readonly<Record<Side, string>> = { left: "A", right: "B" };

export function stepsView(model: PanelModel, actions: PanelActions): TemplateResult {
  const count = placeCount(model);
  const from = Math.max(0, Math.min(model.listFrom, count - 1));
  const to = Math.min(count, from + drawnSteps);
  const places = Array.from({ length: to - from }, (_, i) => from + i);
  return html`<section class="card">
    <h2>Steps</h2>
    ${searchView(model, actions)}
    <ol
      class="steps"
      start=${from + 1}
      .style=${`padding-top: calc(var(--step-height) * ${from}); padding-bottom: calc(var(--step-height) * ${count - to})`}
      @scroll=${(event: Event) => {
        if (event.target instanceof HTMLElement) actions.scrollList(listFromScroll(event.target, count, from));
      }}
    >
      ${places.map((place) => stepView(model, place, count, actions))}
    </ol>
  </section>`;
}

function stepView(model: PanelModel, place: number, count: number, actions: PanelActions): TemplateResult {
  const steps = stepsAt(model, place);
  const [first] = steps;
  if (first === undefined) return html`<li></li>`;
  const { agent, sentences, code } = first.step;
  const stale = steps.filter(({ step }) => step.stale);
  const found = isMatch(model, place);
  return html`<li aria-setsize=${count} aria-posinset=${place + 1}>
    <button
      type="button"
      class="step ${stale.length > 0 ? "is-stale" : ""} ${found ? "is-found" : ""}"
      aria-current=${place === model.step ? "step" : "false"}
      title=${sentences[0] ?? code ?? ""}
      @click=${() => {
        actions.go({ to: "step", step: place });
        actions.revealStep(place, true);
      }}
    >
      <span class="agent agent-${agent}" aria-hidden="true">${letters[agent]}</span>
      <span class="text">${found ? html`<span class="found" aria-label="found">›</span>` : nothing}${sentences[0] ?? code ?? ""}</span>
      ${model.pairs !== undefined && steps.length === 1 ? html`<span class="tag">only ${runNames[first.side]}</span>` : nothing}
      ${
        stale.length === 0
          ? nothing
          : html`<span class="flag">stale${model.pairs === undefined ? "" : ` in ${stale.map(({ side }) => runNames[side]).join(" and ")}`}</span>`
      }
    </button>
  </li>`;
}

function searchView(model: PanelModel, actions: PanelActions): TemplateResult {
  const { all, until } = matchCount(model);
  const words =
    model.query.trim() === ""
      ? ""
      : all === 0
        ? "nothing found"
        : isMatch(model, model.step)
          ? `${until} of ${all}`
          : `${all} found`;
  return html`<p class="search" role="search">
    <input
      type="search"
      placeholder="Search in the steps (/)"
      aria-label="Search in the steps"
      .value=${model.query}
      @input=${(event: Event) => {
        if (event.target instanceof HTMLInputElement) actions.search(event.target.value);
      }}
      @keydown=${(event: KeyboardEvent) => {
        if (event.key === "Enter") actions.go({ to: event.shiftKey ? "previousMatch" : "nextMatch" });
        else if (event.key === "Escape") {
          actions.search("");
          if (event.target instanceof HTMLElement) event.target.blur();
        } else return;
        event.preventDefault();
      }}
    />
    <span class="quiet" role="status">${words}</span>
  </p>`;
}
