/** Page mappings with their protection: where two of one page differ, the trouble starts. */
import type { ReplayState } from "@dma-lens/engine/trace";
import { html, nothing, type TemplateResult } from "lit";

const attributes = {
  "write-back": "cacheable (write-back)",
  "write-through": "cacheable (write-through)",
  uncached: "uncached",
  "write-combine": "write-combining",
  device: "device memory",
} as const;

export function mappingsView(
  state: ReplayState,
  before: ReplayState,
  onlyChanges: boolean,
  addresses = true,
): TemplateResult {
  const mappings = [...state.mappings].filter(([id]) => !onlyChanges || !before.mappings.has(id));
  if (mappings.length === 0) return html``;
  return html`<section class="card">
    <h2>Mappings</h2>
    <div class="scroll" tabindex="0" role="group" aria-label="Mappings, scrollable">
    <table class="mappings">
      <caption class="hidden">
        Page mappings
      </caption>
      <thead>
        <tr>
          <th scope="col">Mapping</th>
          ${addresses ? html`<th scope="col">Virtual</th><th scope="col">Physical</th>` : nothing}
          <th scope="col">Attribute</th>
        </tr>
      </thead>
      <tbody>
        ${mappings.map(
          ([id, mapping]) =>
            html`<tr class=${before.mappings.has(id) ? "" : "is-new"}>
              <th scope="row">
                <span class="name">${mapping.name}</span>
                <span class="quiet">${mapping.space}, ${mapping.origin}</span>
              </th>
              ${
                addresses
                  ? html`<td><code>${mapping.virtual}</code></td><td><code>${mapping.physical}</code></td>`
                  : nothing
              }
              <td>
                ${attributes[mapping.attribute]} ${before.mappings.has(id) ? nothing : html`<span class="tag">new</span>`}
              </td>
            </tr>`,
        )}
      </tbody>
    </table>
    </div>
  </section>`;
}
