/** The device: what it was told, which buffers it owns, what waits in the write buffer, and the facts of the platform. */
import type { ReplayState, Trace, TraceEvent } from "@dma-lens/engine/trace";
import { html, nothing, type TemplateResult } from "lit";

export function deviceView(
  trace: Trace,
  state: ReplayState,
  before: ReplayState,
  events: readonly TraceEvent[],
): TemplateResult {
  const rings = events.some((event) => event.kind === "device" && event.action === "doorbell");
  const interrupts = events.some((event) => event.kind === "device" && event.action === "interrupt");
  return html`<section class="card">
      <h2>Device</h2>
      ${rings ? html`<p><span class="tag">doorbell</span> The CPU tells the device to start.</p>` : nothing}
      ${interrupts ? html`<p><span class="tag">interrupt</span> The device tells the CPU that it is done.</p>` : nothing}
      <dl>
        ${[...state.registers].map(
          ([register, value]) => html`<dt>${register}</dt>
            <dd><code>${value}</code> ${before.registers.get(register) === value ? nothing : html`<span class="tag">new</span>`}</dd>`,
        )}
        ${[...state.ownership.values()].map(
          (mapping) => html`<dt>Mapping <code>${mapping.handle}</code></dt>
            <dd>
              ${mapping.size} bytes, ${mapping.direction.replaceAll("-", " ")}, owned by the <strong>${mapping.owner}</strong>
              <span class="quiet">since ${mapping.call}()</span>
            </dd>`,
        )}
        ${state.buffer.map(
          (entry) => html`<dt>Write buffer</dt>
            <dd><code>${entry.value}</code> for <code>${entry.physical}</code> has not reached RAM</dd>`,
        )}
        ${[...state.values].map(
          ([name, value]) => html`<dt><code>${name}</code></dt>
            <dd><code>${value}</code></dd>`,
        )}
      </dl>
    </section>
    <details class="card">
      <summary>The simulated machine: ${trace.platform.title}</summary>
      <ul class="facts">
        ${trace.platform.facts.map(
          (fact) =>
            html`<li>
              ${fact.text} <span class="quiet">${fact.source}</span>
              ${fact.inferred ? html`<span class="tag">inferred</span>` : nothing}
            </li>`,
        )}
      </ul>
      <p class="quiet">Schedule: <code>${trace.schedule || "natural"}</code></p>
    </details>`;
}
