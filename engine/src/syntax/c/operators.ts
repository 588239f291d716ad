/** Operators of one to three characters. */
import { T } from "./tokens.ts";

const one = (kind: number): number => kind | (1 << 8);
const two = (kind: number): number => kind | (2 << 8);
const three = (kind: number): number => kind | (3 << 8);
const equals = 61;

/** Kind (low 8 bits) and length (the bits above) of the operator at `i`, whose first character is `code`. */
export function operatorAt(text: string, i: number, code: number): number {
  const second = text.charCodeAt(i + 1);
  switch (code) {
    case 61: // =
      return second === equals ? two(T.equal) : one(T.assign);
    case 45: // -
      if (second === 62) return two(T.arrow);
      if (second === 45) return two(T.decrement);
      return second === equals ? two(T.assignSub) : one(T.minus);
    case 46: // .
      return second === 46 && text.charCodeAt(i + 2) === 46 ? three(T.ellipsis) : one(T.dot);
    case 42: // *
      return second === equals ? two(T.assignMul) : one(T.star);
    case 38: // &
      if (second === 38) return two(T.andAnd);
      return second === equals ? two(T.assignAnd) : one(T.amp);
    case 124: // |
      if (second === 124) return two(T.orOr);
      return second === equals ? two(T.assignOr) : one(T.pipe);
    case 43: // +
      if (second === 43) return two(T.increment);
      return second === equals ? two(T.assignAdd) : one(T.plus);
    case 33: // !
      return second === equals ? two(T.notEqual) : one(T.bang);
    case 60: // <
      if (second === 60) return text.charCodeAt(i + 2) === equals ? three(T.assignShl) : two(T.shl);
      return second === equals ? two(T.lessEqual) : one(T.less);
    case 62: // >
      if (second === 62) return text.charCodeAt(i + 2) === equals ? three(T.assignShr) : two(T.shr);
      return second === equals ? two(T.greaterEqual) : one(T.greater);
    case 47: // /
      return second === equals ? two(T.assignDiv) : one(T.slash);
    case 37: // %
      return second === equals ? two(T.assignMod) : one(T.percent);
    case 94: // ^
      return second === equals ? two(T.assignXor) : one(T.caret);
    case 35: // #
      return second === 35 ? two(T.hashHash) : one(T.hash);
    default:
      return one(T.other);
  }
}
