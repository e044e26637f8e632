/** Bytes. Below this, no body can grow into much when parsed. */
const ALWAYS_PARSED = 256 * 1024;
/** Honest lists of proofs, CIDs or numbers have fewer of these characters than one for every 8 bytes; a body of more is made to fill memory. */
const STRUCTURE = ["{", "[", ":"].map((character) => character.charCodeAt(0));
const BYTES_FOR_EACH = 8;

/** Whether JSON would take far more memory when parsed than it has bytes. */
export function isDenseJson(body: Uint8Array): boolean {
  if (body.length <= ALWAYS_PARSED) return false;
  let left = Math.floor(body.length / BYTES_FOR_EACH);
  for (const character of STRUCTURE) {
    for (let at = body.indexOf(character); at !== -1; at = body.indexOf(character, at + 1)) {
      left -= 1;
      if (left < 0) return true;
    }
  }
  return false;
}
