/** Programs of Debian that tests check the machine against. */
import { spawnSync } from "node:child_process";

/**
 * Makes sure that the program is there: installs its Debian package where we are root, else says how to. A test that needs it fails without
 * it; it is never skipped.
 */
export function needProgram(program: string, debianPackage = program): void {
  if (isThere(program)) return;
  const words = ["install", "-y", "-qq", "--no-install-recommends", debianPackage];
  if (process.getuid?.() === 0) {
    spawnSync("apt-get", ["update", "-qq"], { stdio: "ignore" });
    spawnSync("apt-get", words, { stdio: "ignore", env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" } });
  }
  if (!isThere(program)) throw new Error(`${program} is missing: sudo apt-get ${words.join(" ")}`);
}

/** Runs a program; throws with what it said where it fails. */
export function runProgram(program: string, words: readonly string[], folder: string): string {
  const { status, stdout, stderr, error } = spawnSync(program, words, {
    cwd: folder,
    encoding: "utf8",
    maxBuffer: 256 * 1024 * 1024,
  });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${program} ${words.join(" ")}: status ${String(status)}\n${stdout}\n${stderr}`);
  return stdout;
}

function isThere(program: string): boolean {
  return spawnSync("which", [program]).status === 0;
}
