/** One page is used through two virtual colours. */
import { location, other_colour } from "dma-lens/litmus";

const x = location();
let first = 0;
let result = 0;

export function cpu(): void {
  first = other_colour(x).value;
  x.value = 1;
  result = other_colour(x).value;
}

export function bad(): boolean {
  return result !== 1;
}

export const expected = {
  sometimes: ["arm926", "arm1136-32k", "mips24k", "sh4", "pa7300lc"],
  source:
    "Caches that index by virtual bits above the page keep a line for each colour: Documentation/core-api/cachetlb.rst, 'aliasing'",
};
