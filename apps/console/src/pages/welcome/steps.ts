export const STEPS = ["key", "wallet", "phrase", "folder"] as const;
export type Step = (typeof STEPS)[number];
export type Done = Readonly<Record<Step, boolean>>;

export interface There {
  /** In this browser. */
  hasKey: boolean;
  /** Wei in the deposit of the key's own wallet; 0 where that is not the account's. */
  deposit: bigint;
  hasPhrase: boolean;
  packages: number;
}

export const doneOf = ({ hasKey, deposit, hasPhrase, packages }: There): Done => ({
  key: hasKey,
  wallet: hasKey && deposit > 0n,
  phrase: hasKey && hasPhrase,
  folder: packages > 0,
});

/** Where the guide begins: at the first step that is not done, and at the last where all are. */
export const firstOf = (done: Done): Step => STEPS.find((step) => !done[step]) ?? "folder";
