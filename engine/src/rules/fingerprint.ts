/** A finding's name across edits: what it is about, never where it stands. */

/**
 * 16 hexadecimal digits made of the rule, the function, the access paths of the subject and an ordinal.
 * The ordinal (from 0, in source order) tells findings apart that agree in everything else.
 */
export function fingerprint(rule: string, inFunction: string, subjects: readonly string[], ordinal: number): string {
  return hash64([rule, inFunction, ...subjects, `#${ordinal}`].join("\u0000"));
}

/** Two 32-bit multiplicative hashes side by side. Not cryptographic: it only has to tell the findings of a driver apart. */
function hash64(text: string): string {
  let high = 0xdeadbeef;
  let low = 0x41c6ce57;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    high = Math.imul(high ^ code, 2654435761);
    low = Math.imul(low ^ code, 1597334677);
  }
  high = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909);
  low = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909);
  return hex(high) + hex(low);
}

function hex(word: number): string {
  return (word >>> 0).toString(16).padStart(8, "0");
}
