/** The picture: the same bytes in the cache and in RAM, side by side, and who looks at them. */
import type { Trace } from "@dma-lens/engine/trace";
import { html, nothing, type TemplateResult } from "lit";
import { type ByteCell, hex, type RowView } from "../memory-rows.ts";

export function memoryView(trace: Trace, rows: readonly RowView[]): TemplateResult {
  const { platform } = trace;
  return html`<section class="card">
    <h2>Cache and memory</h2>
    <p class="quiet">
      ${platform.lineBytes}-byte lines, ${platform.indexing}${
        platform.granuleBytes < platform.lineBytes ? `, dirty per ${platform.granuleBytes} bytes` : ""
      };
      the device ${platform.coherent ? "snoops the cache" : "sees RAM only"}.
    </p>
    <div class="scroll" tabindex="0" role="group" aria-label="Cache and memory, scrollable">
    <table class="memory">
      <caption class="hidden">
        Bytes in the cache and in RAM
      </caption>
      <thead>
        <tr>
          <th scope="col">Memory</th>
          <th scope="col">CPU cache</th>
          <th scope="col">RAM</th>
          <th scope="col">In this step</th>
        </tr>
      </thead>
      <tbody>
        ${rows.map(rowView)}
      </tbody>
    </table>
    </div>
    <p class="legend quiet">
      <span class="byte" data-stale="false" data-changed="true">11</span> changed now
      <span class="byte is-example" data-changed="false"><span class="not-equal" aria-hidden="true">≠</span>11</span> stale: not the newest value
      <span class="byte" data-stale="false">··</span> not touched
    </p>
  </section>`;
}

function rowView(view: RowView): TemplateResult {
  const { row, copies, memory, accesses } = view;
  return html`<tr>
    <th scope="row">
      <span class="name">${row.name}</span>
      <span class="quiet">${row.object?.kind ?? ""} ${hex(row.physical)}</span>
    </th>
    <td>
      ${
        copies.length === 0
          ? html`<span class="quiet">not cached</span>`
          : copies.map(
              (copy) =>
                html`<div class="copy">
                  ${bytes(copy.cells)}
                  <span class="tags">
                    ${copy.dirty ? html`<span class="tag">dirty</span>` : html`<span class="tag">clean</span>`}
                    ${copy.stale ? html`<span class="tag is-stale">stale</span>` : nothing}
                    ${copy.line.colour === undefined ? nothing : html`<span class="tag">colour ${copy.line.colour}</span>`}
                  </span>
                </div>`,
            )
      }
    </td>
    <td>
      ${bytes(memory)}
      ${view.memoryStale ? html`<span class="tags"><span class="tag">older than the cache</span></span>` : nothing}
    </td>
    <td>
      ${accesses.map(
        (access) =>
          html`<div class="access ${access.stale ? "is-stale" : ""}">
            ${who(access.agent)} ${access.verb} <code>${access.value}</code>
            <span class="quiet">${access.verb === "reads" ? "from" : "into"} ${access.supplier.replace("memory", "RAM")}</span>
            ${access.stale ? html`<strong>≠ newest <code>${access.expected ?? "?"}</code></strong>` : nothing}
          </div>`,
      )}
    </td>
  </tr>`;
}

const bytes = (cells: readonly ByteCell[]): TemplateResult =>
  html`<span class="bytes"
    >${cells.map(
      (cell) =>
        html`<span
          class="byte"
          data-stale=${cell.stale ? "true" : "false"}
          data-changed=${cell.changed ? "true" : "false"}
          >${cell.stale ? html`<span class="not-equal" aria-label="stale">≠</span>` : nothing}${cell.text}</span
        >`,
    )}</span
  >`;

const who = (agent: string): string =>
  ({ cpu: "Kernel", user: "App", device: "Device", environment: "Cache" })[agent] ?? agent;
