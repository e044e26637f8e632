import { phraseToSecrets } from "@cairn/owner/phrase/create-phrase";
import { openPhrase, ownerOfBundle, type Restored, restoreAccount } from "@cairn/owner/phrase/restore-account";
import { machineClock } from "@cairn/process/machine-clock";
import { installAccount } from "../account/account.ts";
import { knownPackages } from "../owner/known-packages.ts";
import { chainReader } from "../owner/read-chain.ts";
import { counted } from "./format.ts";
import { readWords } from "./read-words.ts";
import { wordsOf } from "./recover.ts";
import { type CommonOptions, openSession, pinnedNetwork } from "./session.ts";
import { isUnusedHere, replacedWords } from "./unused-account.ts";

/**
 * Bring an account back by its recovery phrase: its keys come into this home, its wallets, settings and packages into the gateway's catalogue.
 * @throws CairnError `bad-phrase`, `no-bundle`, `account-exists`, `recover-incomplete`
 */
export async function recoverByPhrase(options: CommonOptions): Promise<void> {
  const words = await readWords();
  const session = await openSession(options);
  const { client, output, home, token, gateway } = session;
  const network = await pinnedNetwork(session);
  const ports = {
    ...{ gateway: client, network: async () => network, readChain: chainReader(gateway.chainUrl) },
    ...{ known: knownPackages(home), clock: machineClock },
  };
  const opened = await openPhrase(ports, words, token);
  const { bundle } = opened.newest;
  output.say(
    `The phrase opens the bundle of ${new Date(bundle.created * 1000).toISOString().slice(0, 16).replace("T", " ")} UTC.`,
  );
  const owner = await ownerOfBundle(opened.newest);
  const secrets = {
    openpgp: bundle.openpgp,
    wallet: bundle.wallets[0]!.key,
    lookupKey: Buffer.from(bundle.lookupKey).toString("base64"),
    // Its words were typed just now: they are on paper.
    phrase: phraseToSecrets({ ...opened.keys, writtenAt: machineClock.now(), earlier: [] }),
  };
  const { replaced } = await installAccount(home, secrets, (existing) => isUnusedHere(options, existing));
  if (replaced !== undefined) output.say(replacedWords(replaced));
  const onEvent = (event: Parameters<typeof wordsOf>[0]) => output.say(wordsOf(event));
  const restored = await restoreAccount({ ...ports, owner }, opened, { token, onEvent });
  output.result({ owner: owner.signer.address, sequence: bundle.sequence, ...resultOf(restored) });
  output.say(
    `Brought back ${owner.signer.address} and ${counted(restored.wallets.length, "wallet")}.`,
    restored.settings === "restored"
      ? "The settings are as they were."
      : restored.settings === "kept"
        ? "Settings that were made here are kept."
        : `The settings could not be brought back: ${restored.settings.error.message}`,
  );
  const fault = restored.packages.find((one) => one.fault !== undefined)?.fault;
  if (fault !== undefined) throw fault;
}

function resultOf({ wallets, settings, packages, ended }: Restored) {
  return {
    wallets,
    settings: typeof settings === "string" ? settings : { error: settings.error.toJSON() },
    found: packages.reduce((sum, { found }) => sum + found, 0),
    recovered: packages.flatMap(({ recovered }) => recovered),
    failed: packages.flatMap(({ failed }) => failed),
    ended,
  };
}
