import type { WalletJson } from "@cairn/client";
import type { PlacementJson } from "@cairn/core";
import type { PhraseStore } from "@cairn/owner/phrase/create-phrase";
import type { FoundBundle } from "@cairn/owner/phrase/find-bundle";
import type { Kept } from "@cairn/owner/phrase/keep-bundle";
import type { PhraseKeys } from "@cairn/owner/phrase/phrase";
import type { OwnerPorts } from "@cairn/owner/ports";
import { machineClock } from "@cairn/process/machine-clock";
import type { Address } from "@cairn/protocol";
import { CairnError } from "@cairn/protocol/errors";
import { client, sessionSecret } from "../../../api/client.ts";
import { heldPhrase, keepPhrase, openOwner, ownerSecrets } from "../../../keys/keys.ts";
import { pinnedNetwork, readyWallet } from "../../../keys/ready-wallet.ts";
import { recordsOf } from "../../../keys/records.ts";
import { invalidate } from "../../../live/live.ts";
import { makeMove } from "../../../wallets/move.ts";
import { phrase as words } from "../../../words/phrase.ts";

/** As `cairn phrase create` has them. */
export const COPIES = 3;
export const DAYS = 365;
/** Until the gateway has seen a deposit: a block, and as many until it is final. */
const FUNDED_SECONDS = 1800;

async function portsOf(): Promise<OwnerPorts> {
  const owner = await openOwner(words.why);
  const records = recordsOf(owner);
  await readyWallet(client, owner, records);
  return {
    ...{ gateway: client, owner, known: records.known, clock: machineClock },
    network: () => pinnedNetwork(client, records),
    readChain: async () => undefined,
  };
}

/** What the account is now, as a bundle has it. */
async function contentOf(ports: OwnerPorts) {
  const [{ collectBundle }, { openpgp, wallet }] = await Promise.all([
    import("@cairn/owner/phrase/collect-bundle"),
    ownerSecrets(words.why),
  ]);
  return collectBundle(ports, { openpgp, wallet });
}

export interface StorePhrase {
  /** Wei that it may cost, at the most: asked once, before anything is paid or signed. Rejects where it shall not be. */
  agree: (cost: bigint) => Promise<void>;
  signal: AbortSignal;
}

const held: PhraseStore = { read: () => heldPhrase(words.why), write: keepPhrase };

/**
 * Make 24 words and store what they bring back; earlier words work until `confirmWritten`.
 * @returns the words, which are kept nowhere
 * @throws CairnError as `keepBundle` and `topUp`; what `agree` throws
 */
export async function createPhrase(options: StorePhrase): Promise<string> {
  const ports = await portsOf();
  const { createPhrase: create } = await import("@cairn/owner/phrase/create-phrase");
  const made = await create({ store: held, keep: (keys) => keep(ports, keys, options) });
  return made.words;
}

/** The words are on paper: what earlier ones bring back ends. @throws CairnError as `confirmPhrase` of the owner's side */
export async function confirmWritten(): Promise<void> {
  const [ports, { confirmPhrase }, { endBundles }] = await Promise.all([
    portsOf(),
    import("@cairn/owner/phrase/create-phrase"),
    import("@cairn/owner/phrase/keep-bundle"),
  ]);
  await confirmPhrase({ store: held, endAll: (keys) => endBundles(ports, keys), clock: machineClock });
}

/** Store the account as it is now in the place of what the words bring back. @throws CairnError `no-phrase`, as `createPhrase` */
export async function updatePhrase(options: StorePhrase): Promise<undefined> {
  const ports = await portsOf();
  await keep(ports, await own(), options);
  return undefined;
}

async function keep(ports: OwnerPorts, keys: PhraseKeys, { agree, signal }: StorePhrase): Promise<Kept> {
  const [{ keepBundle }, { uploadInParts }, { defaults }, settings, content] = await Promise.all([
    import("@cairn/owner/phrase/keep-bundle"),
    import("@cairn/owner/upload-sink"),
    ports.network(),
    client.settings(),
    contentOf(ports),
  ]);
  const n = Math.min(COPIES, Math.max(defaults.n, 1));
  const placement = (settings.placement ?? {}) as PlacementJson;
  let agreed = 0n;
  try {
    return await keepBundle(ports, {
      ...{ keys, content, token: sessionSecret(), signal, upload: uploadInParts },
      shape: { k: 1, n, days: DAYS, placement },
      async fund(wallet, lacking) {
        await agree(lacking);
        agreed = lacking;
        await fund(ports, { wallet: wallet as Address, lacking, signal });
      },
      async confirm({ offer: { mandate }, balance }) {
        const cost = mandate.maxEscrow + mandate.repairReserve;
        // What was lacking was agreed to, and what is in the deposit already was left there by an older bundle.
        if (agreed === 0n || cost > balance) await agree(cost);
      },
    });
  } finally {
    invalidate(["packages", "deals", "account", "wallets", "statement"]);
  }
}

/** Of the account's own coins; where coins are worth nothing, the faucet gives some. */
async function fund(
  { owner, network }: OwnerPorts,
  { wallet, lacking, signal }: { wallet: Address; lacking: bigint; signal: AbortSignal },
): Promise<void> {
  const { address } = owner.signer;
  const before = BigInt((await client.account(wallet)).balance);
  if ((await network()).faucet && BigInt((await client.account(address)).coins) === 0n) {
    await client.faucet({ coins: true }).catch((error: unknown) => {
      if (!(error instanceof CairnError && error.code === "faucet-used")) throw error;
    });
  }
  const own = { address, kind: "client" } as WalletJson;
  await makeMove(own, { kind: "deposit", amount: lacking, wallet }, { why: words.why, signal });
  for (let waited = 0; waited < FUNDED_SECONDS; waited++) {
    if (BigInt((await client.account(wallet)).balance) >= before + lacking) return;
    await machineClock.sleep(1, signal);
    signal.throwIfAborted();
  }
}

async function bundlesOf(ports: OwnerPorts, { wallet, bundleKey }: PhraseKeys) {
  const [{ findBundles }, { walletSigner }] = await Promise.all([
    import("@cairn/owner/phrase/find-bundle"),
    import("@cairn/owner/wallet-signer"),
  ]);
  return findBundles(ports, { signer: walletSigner(wallet), bundleKey });
}

/** What the phrase brings back now. */
export interface PhraseState {
  newest: FoundBundle;
  /** What has changed since it was stored: nothing where it is up to date. */
  changed: readonly ("keys" | "wallets" | "settings" | "names")[];
}

/** @throws CairnError `no-phrase`, `no-bundle` */
export async function phraseState(): Promise<PhraseState> {
  const ports = await portsOf();
  const { changedSince } = await import("@cairn/owner/phrase/collect-bundle");
  const [newest] = await bundlesOf(ports, await own());
  if (newest === undefined) {
    throw new CairnError("the network has no bundle of this account's phrase", {
      code: "no-bundle",
      kind: "missing",
      next: words.noBundleNext,
    });
  }
  return { newest, changed: changedSince(newest.bundle, await contentOf(ports)) };
}

/** Hold words as they were written down against the phrase; the right ones are on paper. @throws CairnError `bad-phrase`, which names the word that is wrong; `no-phrase` */
export async function checkPhrase(written: string): Promise<void> {
  const { keysOfPhrase, readPhrase } = await import("@cairn/owner/phrase/phrase");
  const { wallet } = await keysOfPhrase(readPhrase(written));
  if (wallet === (await own()).wallet) return confirmWritten();
  throw new CairnError(words.another, { code: "bad-phrase", kind: "input", next: words.anotherNext });
}

async function own(): Promise<PhraseKeys> {
  const keys = await heldPhrase(words.why);
  if (keys !== undefined) return keys;
  throw new CairnError("this account has no recovery phrase in this browser", {
    code: "no-phrase",
    kind: "missing",
    next: words.noPhraseNext,
  });
}
