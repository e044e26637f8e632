import { Coins, Figure, Figures } from "../../kit/index.ts";
import { wallets } from "../../words/wallets.ts";
import { Worth } from "./worth.tsx";

const words = wallets.figures;

/** Wei; undefined while they are not known yet. */
interface AmountsProps {
  together: bigint | undefined;
  deposit: bigint | undefined;
  coins: bigint | undefined;
  coinsNote: string;
  /** Of deals and repair reserves together. */
  aside: bigint | undefined;
}

/** What a wallet, or all of them, have: apart and together, with what it is worth. */
export function Amounts({ together, deposit, coins, coinsNote, aside }: AmountsProps) {
  const figures = [
    [words.together, words.togetherNote, together],
    [words.deposit, words.depositNote, deposit],
    [words.coins, coinsNote, coins],
    [words.aside, words.asideNote, aside],
  ] as const;
  return (
    <Figures>
      {figures.map(([name, note, of]) => (
        <Figure
          key={name}
          name={name}
          note={<Worth of={of} note={note} />}
          value={of === undefined ? undefined : <Coins of={of.toString()} />}
        />
      ))}
    </Figures>
  );
}
