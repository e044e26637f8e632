/** What a gateway's list of wallets calls the wallet that a recovery phrase stands for. It holds what its bundle costs, and needs no more. */
export const PHRASE_WALLET = "recovery phrase";

/** Whether a wallet of that name is one: another of the same name has its address behind it. */
export const isPhraseWallet = (name: string): boolean =>
  name === PHRASE_WALLET || name.startsWith(`${PHRASE_WALLET} 0x`);
