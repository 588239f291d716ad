/**
 * One run of a finding: the functions on its path, in order, then the proof's agents. Functions that call one another run as
 * one; the others are entered as the kernel would, and what one stored in its structures the next one finds there.
 */
import type { MachinePort } from "../machine/action.ts";
import type { Platform } from "../platforms/platform.ts";
import type { DriverUnit, PathStep, ProgramFunction } from "../program/program.ts";
import { Interpreter } from "./interpreter.ts";
import { Kernel } from "./kernel.ts";
import type { KernelOptions } from "./kernel-options.ts";
import { finishFault } from "./kernel-model/user-mapping.ts";
import { isWithin } from "./terminator-steps.ts";
import { type Harm, HarmFound, isSink, type Proof, ProofRun } from "./proofs/proof.ts";
import { NothingToShow, type Plan, Restart, Stop } from "./world.ts";

export interface PathRequest {
  readonly unit: DriverUnit;
  readonly path: readonly PathStep[];
  readonly platform: Platform;
  readonly proof: Proof;
  readonly options: KernelOptions;
  readonly plan: Plan;
  /** The plan is final: a run that asks for another one ends instead. */
  readonly settled: boolean;
}

export interface PathRun {
  readonly harm: Harm | undefined;
  /** Why the run did not get to its end. */
  readonly stopped: string | undefined;
  /** A sentence that says why the run, which came to its end, shows nothing. */
  readonly nothing: string | undefined;
  /** Whether the finding's own statement ran. */
  readonly reached: boolean;
  readonly assumptions: readonly string[];
  /** The code has asked whether the data cache aliases, and it does. */
  readonly toldOfAliasing: boolean;
}

/** Runs it on a machine. Throws nothing but `Restart`, when the plan has changed. */
export function runPath(port: MachinePort, request: PathRequest): PathRun {
  const { unit, platform, proof, plan } = request;
  const kernel = new Kernel(port, unit, platform, request.options, plan);
  const run = new ProofRun(kernel, request.settled);
  let reached = false;
  const interpreter = new Interpreter(unit, kernel, plan, {
    reached(step) {
      if (!isSink(step)) return;
      reached = true;
      if (step.statement >= 0 || !isGone(unit, step)) run.beginSink();
      proof.before?.(run);
    },
    done(step) {
      if (!isSink(step)) return;
      run.endSink();
      proof.after?.(run);
    },
  });
  run.onHarm = () => proof.learning?.(run);
  kernel.attach(interpreter.evaluator, interpreter.steering);
  kernel.watch(run);
  kernel.onDeviceTurn = (handle, size, direction) => {
    proof.device?.(run, handle, size, direction);
  };
  kernel.onMap = (physical, size, name, direction) => {
    proof.mapping?.(run, physical, size, name, direction);
  };
  kernel.onTakeBack = (mapping) => {
    proof.takingBack?.(run, mapping);
  };
  let stopped: string | undefined;
  let nothing: string | undefined;
  try {
    for (const entry of entriesOf(unit, request.path)) {
      run.beginEntry();
      // A fix has taken the statement away: what the whole function does is watched in its place.
      if (entry.targets.some((step) => isSink(step) && isGone(unit, step))) run.beginSink();
      interpreter.steering.aim(entry.targets);
      interpreter.enter(entry.function);
      const missed = entry.targets.slice(interpreter.steering.reached).find((step) => isSink(step));
      if (missed !== undefined) {
        interpreter.steering.backtrack(`${entry.function.file}:${entry.function.name} returns`);
        throw new Stop(`${entry.function.name}() returns before it gets to the finding`);
      }
      const fault = interpreter.evaluator.space.ofRecord("vm_fault");
      if (fault !== undefined) finishFault(kernel, fault.base);
    }
    proof.finish(run);
  } catch (error) {
    if (error instanceof Restart) {
      if (!request.settled) throw error;
      stopped = "what the driver read led it another way";
    } else if (error instanceof NothingToShow) nothing = error.message;
    else if (!(error instanceof Stop)) throw error;
    else if (!(error instanceof HarmFound)) stopped = error.message;
  }
  kernel.nameBuffers();
  const assumptions = [...interpreter.evaluator.assumptions];
  return { harm: run.harm, stopped, nothing, reached, assumptions, toldOfAliasing: kernel.scene.toldOfAliasing };
}

/** A step that stands in no statement and in no terminator of its function. */
function isGone(unit: DriverUnit, step: PathStep): boolean {
  if (step.statement >= 0) return false;
  const fn = unit.functionNamed(step.function, step.file);
  return fn?.blocks.some((block) => isWithin(step, block.terminator)) !== true;
}

interface Entry {
  readonly function: ProgramFunction;
  readonly targets: PathStep[];
}

/** The functions to enter: a caller stands for what it calls. */
export function entriesOf(unit: DriverUnit, path: readonly PathStep[]): readonly Entry[] {
  const entries: Entry[] = [];
  for (const step of path) {
    const fn = unit.functionNamed(step.function, step.file);
    if (fn === undefined) continue;
    const last = entries.at(-1);
    if (last === undefined) entries.push({ function: fn, targets: [step] });
    else if (last.function === fn || calls(unit, last.function, fn)) last.targets.push(step);
    else if (calls(unit, fn, last.function))
      entries[entries.length - 1] = { function: fn, targets: [...last.targets, step] };
    else entries.push({ function: fn, targets: [step] });
  }
  return entries;
}

function calls(unit: DriverUnit, caller: ProgramFunction, callee: ProgramFunction): boolean {
  const seen = new Set<ProgramFunction>([caller]);
  const work = [caller];
  for (let next = work.pop(); next !== undefined; next = work.pop()) {
    for (const call of unit.calleesOf(next)) {
      if (call.target === callee) return true;
      if (seen.size > 500 || seen.has(call.target)) continue;
      seen.add(call.target);
      work.push(call.target);
    }
  }
  return false;
}
