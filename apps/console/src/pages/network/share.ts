/** A part of a whole in percent, to a tenth: `3.1 %`. */
export function share(part: string, whole: string): string {
  const all = BigInt(whole);
  if (all === 0n) return "0 %";
  const tenths = Number((BigInt(part) * 1000n) / all);
  return part !== "0" && tenths === 0 ? "< 0.1 %" : `${(tenths / 10).toFixed(tenths === 0 ? 0 : 1)} %`;
}
