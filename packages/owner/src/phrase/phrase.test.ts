import { addressOfKey } from "@cairn/protocol/keys";
import { wordlist } from "@scure/bip39/wordlists/english";
import fc from "fast-check";
import { mnemonicToAccount } from "viem/accounts";
import { describe, expect, it } from "vitest";
import { keysOfPhrase, makePhrase, readPhrase, repairKeyOfBundle } from "./phrase.ts";

/** Of 32 zero bytes: the last vector of BIP-39 for that entropy. */
const ZEROS = `${"abandon ".repeat(23)}art`;

describe("a recovery phrase", () => {
  it("has 24 words, each time others", () => {
    const [one, other] = [makePhrase(), makePhrase()];
    expect(one.split(" ")).toHaveLength(24);
    expect(readPhrase(one)).toBe(one);
    expect(other).not.toBe(one);
  });

  it("is read as people write it", () => {
    const phrase = makePhrase();
    const words = phrase.split(" ");
    expect(readPhrase(`  ${phrase.toUpperCase().replaceAll(" ", "\n\t ")}\r\n`)).toBe(phrase);
    expect(readPhrase(words.map((word, at) => `${at + 1}. ${word}`).join("\n"))).toBe(phrase);
    expect(readPhrase(words.join(", "))).toBe(phrase);
  });

  it("refuses a word that is not in the list, and says which, and what may have been meant", () => {
    const words = ZEROS.split(" ");
    words[6] = "abandn";
    const error = fault(words.join(" "));
    expect(error).toMatchObject({ code: "bad-phrase", kind: "input", details: { word: 7 } });
    expect(error.message).toContain('word 7, "abandn"');
    expect(error.next).toContain("Did you mean abandon?");
  });

  it("refuses words that are too few, changed places, or one of which is another word", () => {
    expect(fault(ZEROS.slice(8)).message).toContain("these are 23");
    expect(fault(`art ${"abandon ".repeat(23)}`).message).toContain("checksum");
    fc.assert(
      fc.property(fc.nat(23), fc.nat(2047), (place, word) => {
        const words = ZEROS.split(" ");
        if (words[place] === wordlist[word]) return;
        words[place] = wordlist[word]!;
        // 1 of 256 other words makes a right checksum of another phrase: that is one with other keys.
        try {
          expect(readPhrase(words.join(" "))).not.toBe(ZEROS);
        } catch (error) {
          expect(error).toMatchObject({ code: "bad-phrase" });
        }
      }),
      { numRuns: 50 },
    );
  });

  it("answers any text with a phrase or bad-phrase", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(fault(text).code).toBe("bad-phrase");
      }),
    );
  });

  it("gives the wallet that wallet programs derive at m/44'/60'/1'/0/0, and keys of its own", async () => {
    const { wallet, bundleKey } = await keysOfPhrase(ZEROS);
    expect(addressOfKey(wallet)).toBe(mnemonicToAccount(ZEROS, { path: "m/44'/60'/1'/0/0" }).address.toLowerCase());
    expect(bundleKey).toHaveLength(32);
    expect(await keysOfPhrase(ZEROS)).toEqual({ wallet, bundleKey });
    expect((await keysOfPhrase(makePhrase())).bundleKey).not.toEqual(bundleKey);
    expect(repairKeyOfBundle(bundleKey, "a")).not.toEqual(repairKeyOfBundle(bundleKey, "b"));
  });
});

function fault(text: string) {
  try {
    readPhrase(text);
  } catch (error) {
    return error as { code: string; message: string; next: string };
  }
  throw new Error(`"${text}" was taken for a phrase`);
}
