import { smallCoins } from "../../format/small-coins.ts";

/** A change of money: with its sign; nothing where there is none. The wei stand in its title. */
export function Signed({ of }: { of: string }) {
  const wei = BigInt(of);
  if (wei === 0n) return null;
  return (
    <span className={wei > 0n ? "numbers gain" : "numbers"} title={`${of} wei`}>
      {wei > 0n ? "+" : ""}
      {smallCoins(wei)}
    </span>
  );
}
