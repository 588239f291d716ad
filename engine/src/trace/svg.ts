/** The picture of one step as an SVG that stands by itself: no script, no style sheet, no font of its own. */
import {
  type Access,
  agentNames,
  type ByteCell,
  memoryRows,
  rowBytes,
  rowsOfStep,
  type RowView,
  spellBytes,
  viewRow,
} from "./picture.ts";
import { Replay } from "./state.ts";
import { timelineOf } from "./timeline.ts";
import type { Trace } from "./trace.ts";

const size = { width: 900, margin: 20, line: 24, name: 250, place: 100, byte: 38 } as const;
const ink = {
  text: "#1f1f1f",
  quiet: "#4d4d4d",
  line: "#8a8a8a",
  stale: "#b3261e",
  changed: "#0b5cad",
  paper: "#ffffff",
} as const;

/** Draws the step of that index (as `timelineOf` counts them). */
export function svgOf(trace: Trace, index: number): string {
  const step = timelineOf(trace)[index];
  const replay = new Replay(trace);
  const state = replay.at(step?.last ?? -1);
  const before = replay.at((step?.first ?? 0) - 1);
  const events = step === undefined ? [] : trace.events.slice(step.first, step.last + 1);
  const rows = memoryRows(trace);
  const views = [...rows, ...rowsOfStep(trace, rows, events)].map((row) => viewRow(row, state, before, events));
  const sentence = step?.sentences[0] ?? "";
  const page = new Page();
  page.paragraph(trace.title, ink.text, "bold");
  page.paragraph(`Step ${index + 1}. ${step === undefined ? "" : `${agentNames[step.agent]}: `}${sentence}`, ink.text);
  if (step?.harm !== undefined && step.sentences.length > 1)
    page.paragraph(step.sentences.at(-1) ?? "", ink.stale, "bold");
  page.space(8);
  for (const view of views) drawRow(page, view);
  page.space(6);
  page.paragraph("≠ and dashes: stale, not the newest value. Thick box: changed in this step.", ink.quiet);
  const height = page.y + size.margin;
  const words = [trace.title, `Step ${index + 1}.`, ...(step?.sentences ?? [])].join(" ");
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${size.width}" height="${height}" viewBox="0 0 ${size.width} ${height}" role="img" font-family="sans-serif" font-size="14">
<title>${escape(trace.title)}</title>
<desc>${escape(words)}</desc>
<defs><pattern id="stale" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><line x1="0" y1="0" x2="0" y2="6" stroke="${ink.stale}" stroke-opacity="0.35" stroke-width="2"/></pattern></defs>
<rect width="100%" height="100%" fill="${ink.paper}"/>
${page.parts.join("\n")}
</svg>
`;
}

class Page {
  readonly parts: string[] = [];
  y: number = size.margin;

  space(height: number): void {
    this.y += height;
  }

  text(x: number, text: string, colour: string, more = ""): void {
    this.parts.push(`<text x="${x}" y="${this.y + 16}" fill="${colour}"${more}>${escape(text)}</text>`);
  }

  /** Broken where it would leave the page: a line of SVG text does not break by itself. */
  paragraph(text: string, colour: string, weight = "normal"): void {
    let line = "";
    for (const word of [...text.split(" "), undefined]) {
      if (word !== undefined && line.length + word.length < 112) {
        line = line === "" ? word : `${line} ${word}`;
        continue;
      }
      this.text(size.margin, line, colour, weight === "bold" ? ' font-weight="bold"' : "");
      this.y += size.line;
      line = word ?? "";
    }
  }
}

function drawRow(page: Page, view: RowView): void {
  const { row, copies, pending, memory, accesses } = view;
  page.parts.push(
    `<line x1="${size.margin}" x2="${size.width - size.margin}" y1="${page.y}" y2="${page.y}" stroke="${ink.line}" stroke-opacity="0.5"/>`,
  );
  page.space(4);
  page.text(size.margin, row.name, ink.text, ' font-family="monospace"');
  if (copies.length === 0) {
    page.text(size.name, "Cache", ink.quiet);
    page.text(size.name + size.place, "not cached", ink.quiet);
    page.space(size.line);
  }
  for (const { cells, dirty, stale } of copies) {
    drawBytes(page, "Cache", cells, `${dirty ? "dirty" : "clean"}${stale ? ", stale" : ""}`);
  }
  if (pending !== undefined) drawBytes(page, "Write buffer", pending, "on its way to RAM");
  drawBytes(page, "RAM", memory, view.memoryStale ? "older" : "");
  for (const access of accesses) {
    page.text(
      size.name + size.place,
      accessText(access),
      access.stale ? ink.stale : ink.text,
      access.stale ? ' font-weight="bold"' : "",
    );
    page.space(size.line);
  }
  page.space(4);
}

function drawBytes(page: Page, place: string, cells: readonly ByteCell[], note: string): void {
  page.text(size.name, place, ink.quiet);
  for (const [i, cell] of cells.entries()) {
    const x = size.name + size.place + i * size.byte;
    const stroke = cell.stale
      ? `stroke="${ink.stale}" stroke-width="2" stroke-dasharray="4 3"`
      : cell.changed
        ? `stroke="${ink.changed}" stroke-width="3"`
        : `stroke="${ink.line}"`;
    page.parts.push(
      `<rect x="${x + 1.5}" y="${page.y + 1.5}" width="${size.byte - 4}" height="${size.line - 4}" rx="2" fill="${cell.stale ? "url(#stale)" : "none"}" ${stroke}/>`,
      `<text x="${x + size.byte / 2}" y="${page.y + 16}" fill="${ink.text}" text-anchor="middle" font-family="monospace"${cell.stale || cell.changed ? ' font-weight="bold"' : ""}>${cell.stale ? "≠" : ""}${cell.text}</text>`,
    );
  }
  if (note !== "") page.text(size.name + size.place + rowBytes * size.byte + 8, note, ink.quiet);
  page.space(size.line);
}

function accessText(access: Access): string {
  const wanted = access.stale ? ` ≠ newest ${access.expected === undefined ? "?" : spellBytes(access.expected)}` : "";
  return `${agentNames[access.agent]} ${access.verb} ${spellBytes(access.value)}${wanted}`;
}

/** Characters that XML 1.0 does not have are left out. */
const escape = (text: string): string =>
  text
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd]/g, "")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;");
