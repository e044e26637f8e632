import { inFiat } from "@cairn/core/fiat";
import { useQuery } from "@tanstack/react-query";
import { client } from "../../api/client.ts";
import { fiatWords } from "../overview/fiat-words.ts";

/** What an amount is worth, after what it is; only the latter where there is no price. An old price says so on hover. */
export function Worth({ of, note }: { of: bigint | undefined; note: string }) {
  const { data } = useQuery({ queryKey: ["figures", "now"], queryFn: () => client.figures.now() });
  const fiat = data?.fiat;
  if (of === undefined || fiat === undefined || fiat === null) return <>{note}</>;
  return (
    <>
      {note} ·{" "}
      <span title={`${fiat.rate} ${fiat.currency.toUpperCase()}, ${fiat.day}`}>
        {fiatWords(inFiat(of, fiat.rate), fiat.currency)}
      </span>
    </>
  );
}
