import { crypto } from "@cairn/archive/crypto";
import type { Hex } from "@cairn/protocol";
import { CairnError } from "@cairn/protocol/errors";
import { toHex } from "@cairn/protocol/hex";
import { HDKey } from "@scure/bip32";
import { entropyToMnemonic, mnemonicToEntropy, mnemonicToSeed } from "@scure/bip39";
import { wordlist } from "@scure/bip39/wordlists/english";

/** 32 bytes of entropy and 8 bits of their hash (BIP-39, "Generating the mnemonic"). */
const PHRASE_WORDS = 24;
const ENTROPY_BYTES = 32;
/** BIP-44: Ethereum, and account 1, so that a wallet program that is given the same words does not spend from it by itself (it takes account 0). */
const WALLET_PATH = "m/44'/60'/1'/0/0";

/** What a recovery phrase stands for. Neither key leads back to the words. */
export interface PhraseKeys {
  /** Of the wallet that owns the phrase's bundles. */
  wallet: Hex;
  /** 32 bytes: what bundles are encrypted under. */
  bundleKey: Uint8Array;
}

/** 24 new words of the English list, with a space between them. */
export const makePhrase = (): string => entropyToMnemonic(crypto.randomBytes(ENTROPY_BYTES), wordlist);

/**
 * Words as a person writes them: in any case, on any number of lines, numbered or not.
 * @returns as `makePhrase`
 * @throws CairnError `bad-phrase`, which names the word that is not in the list
 */
export function readPhrase(text: string): string {
  const words = text
    .normalize("NFKD")
    .toLowerCase()
    .split(/[\s,;]+/)
    .map((word) => word.replace(/^\d+[.):]?/, ""))
    .filter((word) => word !== "");
  for (const [at, word] of words.entries()) if (!wordlist.includes(word)) throw unknownWord(word, at + 1);
  if (words.length !== PHRASE_WORDS) {
    throw badPhrase(
      `a recovery phrase has ${PHRASE_WORDS} words, and these are ${words.length}`,
      "Give all of them, in their order.",
    );
  }
  const phrase = words.join(" ");
  try {
    mnemonicToEntropy(phrase, wordlist);
  } catch {
    throw badPhrase(
      "all words are in the list, but their checksum is wrong: one of them is another word, or two changed places",
      "Compare each with what you wrote down.",
    );
  }
  return phrase;
}

/** @param phrase as `readPhrase` gives it */
export async function keysOfPhrase(phrase: string): Promise<PhraseKeys> {
  const seed = await mnemonicToSeed(phrase);
  const { privateKey } = HDKey.fromMasterSeed(seed).derive(WALLET_PATH);
  if (privateKey === null) throw new Error("the derived key has no private half");
  const bundleKey = crypto.hkdfSha256(seed, "cairn/recovery-bundle/1", 32);
  seed.fill(0);
  return { wallet: toHex(privateKey), bundleKey };
}

/** The repair key of the package that a bundle is stored as: it follows from the phrase, since its manifest is for a key that is in the bundle. */
export const repairKeyOfBundle = (bundleKey: Uint8Array, packageId: string): Uint8Array =>
  crypto.hkdfSha256(bundleKey, `cairn/recovery-repair/1\0${packageId}`, 32);

function unknownWord(word: string, place: number): CairnError {
  // No two words of the list begin with the same four letters.
  const near = wordlist.filter((one) => one.startsWith(word.slice(0, 4)));
  const meant = near.length === 0 || word.length < 3 ? "" : ` Did you mean ${near.slice(0, 3).join(" or ")}?`;
  return badPhrase(
    `word ${place}, "${word.replace(/[^\p{L}\p{N}-]/gu, "?").slice(0, 40)}", is not one of the ${wordlist.length} words`,
    `Look at it again where you wrote it down.${meant}`,
    { word: place },
  );
}

const badPhrase = (message: string, next: string, details = {}): CairnError =>
  new CairnError(message, { code: "bad-phrase", kind: "input", details, next });
