import { memoryRows, Replay, timelineOf, type Trace } from "@dma-lens/engine/trace";
import { expect, test } from "vitest";
import { longRun } from "../../engine/src/testing/long-run.ts";
import { type PanelState, protocolVersion } from "../shared/protocol.ts";
import { move } from "./moves.ts";
import { emptyModel, type PanelModel, placeCount, receive, rowViews, type Run } from "./panel-model.ts";
import { nextMatch } from "./search.ts";

const runOf = (trace: Trace): Run => ({
  replay: new Replay(trace),
  steps: timelineOf(trace),
  rows: memoryRows(trace),
});

/** The most that a step's picture looks at, over steps all along the run, forwards, back and at random. */
function costliestPicture(run: Run): number {
  const last = run.steps.length - 1;
  let most = 0;
  for (let i = 0; i <= 60; i++) {
    for (const step of [Math.floor((last * i) / 60), last - Math.floor((last * i) / 60), (i * 7919) % (last + 1)]) {
      run.replay.work.looked = 0;
      rowViews(run, step);
      most = Math.max(most, run.replay.work.looked);
    }
  }
  return most;
}

const long = longRun(1600);

test("a picture of a run of 10,000 events costs no more than of one of 1,000, apart from the depth of the search", () => {
  expect(long.events.length).toBeGreaterThan(10_000);
  const [small, large] = [costliestPicture(runOf(longRun(150))), costliestPicture(runOf(long))];
  expect(large).toBeLessThan(1.6 * small);
  // 32 rows, each 8 bytes before and after in RAM and some lines, found by halving.
  expect(large).toBeLessThan(32 * 20 * 15);
}, 60_000);

test("the harm of a long run is among the rows that are always shown, and stepping and searching reach it", () => {
  const run = runOf(long);
  const variant = { kind: "as-is" as const };
  const replay = { variant, platform: "arm926", verdict: long.verdict, sentence: "", trace: long };
  const state: PanelState = { version: protocolVersion, uri: "file:///card.c", platform: "arm926", variant, step: 0 };
  const model: PanelModel = receive(
    emptyModel,
    { version: protocolVersion, kind: "init", platforms: [], replay, state },
    () => run,
  );
  const end = move(model, { to: "last" });
  expect(end.step).toBe(placeCount(model) - 1);
  const { event } = long.outcome.kind === "harm" ? long.outcome : { event: -1 };
  const harm = long.events[event];
  const row = harm?.kind === "harm" ? Number(harm.physical) - (Number(harm.physical) % 8) : -1;
  expect(run.rows.map(({ physical }) => physical)).toContain(row);
  expect(nextMatch({ ...model, query: "writel" }, 1)).toBeGreaterThan(4000);
});
