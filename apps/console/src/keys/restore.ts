import type { CairnError } from "@cairn/protocol/errors";
import { client, sessionSecret } from "../api/client.ts";
import { invalidate } from "../live/live.ts";
import { restore as words } from "../words/phrase.ts";
import { holdSecrets, requireNone } from "./keys.ts";
import { pinnedNetwork } from "./ready-wallet.ts";
import { recordsOf } from "./records.ts";

/** What 24 words have brought back. */
export interface BroughtBack {
  /** When it was stored, in seconds since 1970: a gateway that leaves the newest out shows an older one. */
  storedAt: number;
  wallets: number;
  /** Packages that are in the account's list now. */
  packages: number;
  /** Reasons, one for each package that is not. */
  failed: string[];
  /** Why the settings are not as they were. */
  settings: CairnError | undefined;
}

/**
 * Bring an account back by its recovery phrase: wallets, settings and packages into the gateway's catalogue, then the key into this browser. The key comes
 * last: what breaks off is done again with the same words, and goes on where it was.
 * @param passphrase what the key shall have in this browser
 * @param onStep told what is being done, in words
 * @throws CairnError `bad-phrase`, `no-bundle`, `network-changed`, `wrong-passphrase` where it is too short, `key-exists`, `account-claimed`
 */
export async function restoreByPhrase(
  account: string,
  { written, passphrase }: { written: string; passphrase: string },
  onStep: (words: string) => void,
): Promise<BroughtBack> {
  await requireNone(account);
  const [{ openPhrase, ownerOfBundle, restoreAccount }, { memoryKnownPackages }, secrets, { toBase64 }, machine] =
    await Promise.all([
      import("@cairn/owner/phrase/restore-account"),
      import("@cairn/owner/known-packages"),
      import("@cairn/owner/phrase/create-phrase"),
      import("@cairn/protocol/wire/base64"),
      import("@cairn/process/machine-clock"),
      import("@cairn/owner/browser/keyring").then(({ requireLong }) => requireLong(passphrase)),
    ]);
  onStep(words.looking);
  const clock = machine.machineClock;
  const token = sessionSecret();
  const network = await client.network();
  const empty = { gateway: client, network: async () => network, readChain: async () => undefined, clock };
  const opened = await openPhrase({ ...empty, known: memoryKnownPackages() }, written, token);
  const { bundle } = opened.newest;
  const owner = await ownerOfBundle(opened.newest);
  const records = recordsOf(owner);
  await pinnedNetwork(client, records);
  let done = 0;
  onStep(words.bringing(done));
  const restored = await restoreAccount({ ...empty, owner, known: records.known }, opened, {
    token,
    onEvent: ({ type }) => type === "recovered" && onStep(words.bringing(++done)),
  });
  onStep(words.holding);
  await holdSecrets(
    account,
    {
      ...{ openpgp: bundle.openpgp, wallet: bundle.wallets[0]!.key, lookupKey: toBase64(bundle.lookupKey) },
      // Its words were typed just now: they are on paper.
      phrase: secrets.phraseToSecrets({ ...opened.keys, writtenAt: clock.now(), earlier: [] }),
    },
    passphrase,
  );
  invalidate(["packages", "deals", "account", "wallets", "statement", "settings"]);
  return {
    storedAt: bundle.created,
    wallets: restored.wallets.length,
    packages: restored.packages.reduce((sum, { alreadyKnown, recovered }) => sum + alreadyKnown + recovered.length, 0),
    failed: restored.packages.flatMap(({ failed }) => failed.map(({ error }) => error.message)),
    settings: typeof restored.settings === "string" ? undefined : restored.settings.error,
  };
}
