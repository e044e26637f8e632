import type { Clock } from "@cairn/core";
import { CairnError } from "@cairn/protocol/errors";
import { fromBase64, toBase64 } from "@cairn/protocol/wire/base64";
import type { PhraseSecrets } from "../account-file.ts";
import type { Kept } from "./keep-bundle.ts";
import { keysOfPhrase, makePhrase, type PhraseKeys } from "./phrase.ts";

/** What an owner's side keeps of its recovery phrase: everything but the words. */
export interface HeldPhrase extends PhraseKeys {
  /** Seconds since 1970, when the words were on paper; null until then: nobody may have seen them. */
  writtenAt: number | null;
  /** Earlier phrases, the oldest first. Their bundles end once the words of this one are written down. */
  earlier: readonly PhraseKeys[];
}

/** Where an owner's side keeps its phrase. */
export interface PhraseStore {
  read(): Promise<HeldPhrase | undefined>;
  write(phrase: HeldPhrase): Promise<void>;
}

/** Phrases that nobody wrote down are few. The bundle of one that is dropped here lasts until its term is over. */
const MOST_EARLIER = 8;

/**
 * Make 24 words and store what they bring back. Earlier words go on to work until `confirmPhrase` says that these are written down.
 * @param ports `keep` stores the bundle of a phrase
 * @returns the words, which are kept nowhere: show them before anything else is done
 * @throws CairnError what `keep` throws; the phrase is then the earlier one still
 */
export async function createPhrase(ports: {
  store: PhraseStore;
  keep: (keys: PhraseKeys) => Promise<Kept>;
}): Promise<{ words: string; keys: PhraseKeys; kept: Kept }> {
  const { store, keep } = ports;
  const words = makePhrase();
  const keys = await keysOfPhrase(words);
  const kept = await keep(keys);
  // A phrase that another place made meanwhile is not lost.
  const before = await store.read();
  const earlier = before === undefined ? [] : [...before.earlier, keysOf(before)];
  // The first may be on paper; those between it and the last were never confirmed.
  const few = earlier.length > MOST_EARLIER ? [earlier[0]!, ...earlier.slice(1 - MOST_EARLIER)] : earlier;
  await store.write({ ...keys, writtenAt: null, earlier: few });
  return { words, keys, kept };
}

/**
 * The words of the phrase that is held are on paper: note it, and end what earlier words bring back. Repeated, it goes on with what is left.
 * @param ports `endAll` ends the bundles of a phrase
 * @throws CairnError `no-phrase`; what `endAll` throws, once it is noted that the words are written down
 */
export async function confirmPhrase(ports: {
  store: PhraseStore;
  endAll: (keys: PhraseKeys) => Promise<unknown>;
  clock: Pick<Clock, "now">;
}): Promise<void> {
  const { store, endAll, clock } = ports;
  let phrase = await store.read();
  if (phrase === undefined) {
    throw new CairnError("this account has no recovery phrase", {
      code: "no-phrase",
      kind: "missing",
      next: "Make one with `cairn phrase create`.",
    });
  }
  if (phrase.writtenAt === null) {
    phrase = { ...phrase, writtenAt: clock.now() };
    await store.write(phrase);
  }
  for (const one of phrase.earlier) {
    await endAll(one);
    phrase = { ...phrase, earlier: phrase.earlier.filter((other) => other.wallet !== one.wallet) };
    await store.write(phrase);
  }
}

/** As an account file has it. */
export function phraseToSecrets({ writtenAt, earlier, ...keys }: HeldPhrase): PhraseSecrets {
  return {
    ...toSecrets(keys),
    ...(writtenAt === null ? {} : { writtenAt }),
    ...(earlier.length === 0 ? {} : { earlier: earlier.map(toSecrets) }),
  };
}

/** Of an account file; what an older version wrote says nothing of the paper, so that it is asked for. */
export const phraseFromSecrets = ({ writtenAt, earlier = [], ...keys }: PhraseSecrets): HeldPhrase => ({
  ...fromSecrets(keys),
  ...{ writtenAt: writtenAt ?? null, earlier: earlier.map(fromSecrets) },
});

const keysOf = ({ wallet, bundleKey }: PhraseKeys): PhraseKeys => ({ wallet, bundleKey });
const toSecrets = ({ wallet, bundleKey }: PhraseKeys) => ({ wallet, bundleKey: toBase64(bundleKey) });
const fromSecrets = ({ wallet, bundleKey }: Pick<PhraseSecrets, "wallet" | "bundleKey">): PhraseKeys => ({
  ...{ wallet, bundleKey: fromBase64(bundleKey) },
});
