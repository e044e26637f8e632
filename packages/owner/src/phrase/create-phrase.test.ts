import { CairnError } from "@cairn/protocol/errors";
import { describe, expect, it } from "vitest";
import { readAccountFile, writeAccountFile } from "../account-file.ts";
import { confirmPhrase, createPhrase, type HeldPhrase, phraseFromSecrets, phraseToSecrets } from "./create-phrase.ts";
import type { Kept } from "./keep-bundle.ts";
import { keysOfPhrase, type PhraseKeys } from "./phrase.ts";

const NOW = 1_763_000_000;

/** An owner's side whose gateway has the bundles of phrases, by their wallets. */
function sideOf() {
  let held: HeldPhrase | undefined;
  const alive = new Set<string>();
  const side = {
    away: false,
    alive,
    held: () => held,
    clock: { now: () => NOW },
    store: {
      // What is kept is an account file's.
      read: async () => held && phraseFromSecrets(JSON.parse(JSON.stringify(phraseToSecrets(held)))),
      write: async (phrase: HeldPhrase) => {
        held = phrase;
      },
    },
    async keep({ wallet }: PhraseKeys) {
      alive.add(wallet);
      return { ended: [] } as unknown as Kept;
    },
    async endAll({ wallet }: PhraseKeys) {
      if (side.away) throw new CairnError("the gateway is away", { code: "busy", kind: "unavailable" });
      alive.delete(wallet);
    },
  };
  return side;
}
const walletOf = async (words: string) => (await keysOfPhrase(words)).wallet;

describe("a new recovery phrase", () => {
  it("is handed out before earlier words end, which is once it is written down", async () => {
    const side = sideOf();
    const first = await createPhrase(side);
    await confirmPhrase(side);
    side.away = true;
    const second = await createPhrase(side);
    const both = [await walletOf(first.words), await walletOf(second.words)];
    expect([...side.alive]).toEqual(both);
    expect(side.held()).toMatchObject({ wallet: both[1], writtenAt: null });

    await expect(confirmPhrase(side)).rejects.toMatchObject({ code: "busy" });
    expect(side.held()).toMatchObject({ writtenAt: NOW, earlier: [{ wallet: both[0] }] });
    side.away = false;
    await confirmPhrase(side);
    expect([...side.alive]).toEqual([both[1]]);
    expect(side.held()?.earlier).toEqual([]);
  });

  it("whose words nobody saw counts as unwritten, and leaves the words that are on paper good until others are", async () => {
    const side = sideOf();
    const paper = await createPhrase(side);
    await confirmPhrase(side);
    for (let lost = 0; lost < 12; lost++) await createPhrase(side);
    expect(side.held()?.writtenAt).toBeNull();
    expect(side.alive).toContain(await walletOf(paper.words));
    expect(side.held()?.earlier).toHaveLength(8);
    expect(side.held()?.earlier[0]?.wallet).toBe(await walletOf(paper.words));
    await confirmPhrase(side);
    expect(side.alive).not.toContain(await walletOf(paper.words));
  });

  it("changes nothing where its bundle is not stored", async () => {
    const side = sideOf();
    const { words } = await createPhrase(side);
    const declined = new CairnError("declined", { code: "declined", kind: "conflict" });
    await expect(createPhrase({ ...side, keep: () => Promise.reject(declined) })).rejects.toBe(declined);
    expect(side.held()).toMatchObject({ wallet: await walletOf(words), earlier: [] });
  });

  it("cannot be confirmed where there is none", async () => {
    await expect(confirmPhrase(sideOf())).rejects.toMatchObject({ code: "no-phrase" });
  });

  it("goes with the account file, paper and earlier phrases, too", async () => {
    const side = sideOf();
    await createPhrase(side);
    await confirmPhrase(side);
    await createPhrase(side);
    const account = {
      openpgp: "-----BEGIN PGP PRIVATE KEY BLOCK-----\n\nxyz\n-----END PGP PRIVATE KEY BLOCK-----\n",
      ...{ wallet: `0x${"ab".repeat(32)}` as const, lookupKey: Buffer.alloc(32, 7).toString("base64") },
    };
    const phrase = phraseToSecrets(side.held()!);
    const read = await readAccountFile(await writeAccountFile({ ...account, phrase }));
    expect(phraseFromSecrets(read.phrase!)).toEqual(side.held());
    for (const broken of [{ writtenAt: "yes" }, { earlier: [{ wallet: "0x" }] }, { earlier: {} }]) {
      const file = JSON.stringify({ format: "cairn-account-1", ...account, phrase: { ...phrase, ...broken } });
      await expect(readAccountFile(file)).rejects.toMatchObject({ code: "bad-account-file" });
    }
  });
});
