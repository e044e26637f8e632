/**
 * The spellings of a passphrase that look the same: as it was typed, then its letters composed and decomposed (Unicode's NFC and NFD), which keyboards and
 * systems differ in. One alone where nothing in it can be spelt in two ways.
 */
export const spellingsOf = (passphrase: string): string[] => [
  ...new Set([passphrase, passphrase.normalize("NFC"), passphrase.normalize("NFD")]),
];

/** What `open` gives for the first spelling that it takes. @throws what it throws for the one that was typed */
export async function openWith<T>(passphrase: string, open: (spelling: string) => Promise<T>): Promise<T> {
  let refusal: unknown;
  for (const spelling of spellingsOf(passphrase)) {
    try {
      return await open(spelling);
    } catch (error) {
      refusal ??= error;
    }
  }
  throw refusal;
}
