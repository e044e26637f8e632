import { askFaucet } from "@cairn/chain";
import type { SettingsJson } from "@cairn/client";
import { coinSigner } from "@cairn/owner/coin-signer";
import { deploymentOf } from "@cairn/owner/deployment-of";
import { type BundleContent, changedSince, collectBundle } from "@cairn/owner/phrase/collect-bundle";
import {
  confirmPhrase,
  createPhrase as createHeldPhrase,
  type PhraseStore,
  phraseFromSecrets,
  phraseToSecrets,
} from "@cairn/owner/phrase/create-phrase";
import { findBundles } from "@cairn/owner/phrase/find-bundle";
import { endBundles, type Kept, keepBundle } from "@cairn/owner/phrase/keep-bundle";
import { keysOfPhrase, type PhraseKeys, readPhrase } from "@cairn/owner/phrase/phrase";
import { topUp } from "@cairn/owner/top-up";
import { walletSigner } from "@cairn/owner/wallet-signer";
import { machineClock } from "@cairn/process/machine-clock";
import { type Address, asCairnError, CairnError } from "@cairn/protocol";
import { type Account, replaceSecrets } from "../account/account.ts";
import { outgoingCalls } from "../owner/outgoing-calls.ts";
import { rpcCoins } from "../owner/rpc-coins.ts";
import { confirm } from "./confirm.ts";
import { counted, formatCoins, formatDuration } from "./format.ts";
import { interruptible } from "./interruptible.ts";
import { ownerPorts } from "./owner-ports.ts";
import { shapeOf } from "./placement-options.ts";
import { readWords } from "./read-words.ts";
import { sayPlan } from "./say-plan.ts";
import {
  type CommonOptions,
  openSession,
  pinnedNetwork,
  readyAccount,
  requireAccount,
  type Session,
} from "./session.ts";

export interface PhraseOptions extends CommonOptions {
  days?: number;
  copies?: number;
  maxCost?: bigint;
  /** Make another phrase in the place of the one that there is. */
  replace?: boolean;
  yes?: boolean;
}

const COPIES = 3;
const DAYS = 365;
/** Until the gateway has seen a deposit: a block, and as many until it is final. */
const FUNDED_SECONDS = 1800;

/** Make a recovery phrase, store what it brings back, and show it: once, as it is kept nowhere. */
export async function createPhrase(options: PhraseOptions): Promise<void> {
  const session = await openSession(options);
  const account = await readyAccount(session, await pinnedNetwork(session));
  const old = account.secrets.phrase;
  if (old !== undefined && !options.replace) throw phraseExists();
  const { words, keys, kept } = await createHeldPhrase({
    store: storeOf(session, account),
    keep: (made) => keep(session, account, made, options),
  });
  const { output } = session;
  output.result({ phrase: words, ...resultOf(kept, keys) });
  output.say(
    "Write these words down, in their order, and keep the paper where you keep what matters. They are shown this once:",
    "",
    linesOf(words),
    "",
    `They bring back your key, ${counted(kept.bundle.wallets.length, "wallet")}, settings and packages on an empty machine: \`cairn recover --phrase\`.`,
    "Whoever has them can read, spend and remove all that is yours. Check what you wrote with `cairn phrase verify`.",
  );
  try {
    await confirmWritten(session, account);
    if (old !== undefined) output.say("The phrase before brings nothing back any more.");
  } catch (error) {
    // The words are out, and that is what counts.
    output.say(
      `The phrase before could not be ended: ${asCairnError(error).message}. Until it is, its words work, too: \`cairn phrase verify\` ends it.`,
    );
  }
}

/** Store the account as it is now in the place of the bundle that there is. */
export async function updatePhrase(options: PhraseOptions): Promise<void> {
  const session = await openSession(options);
  const account = await requireAccount(session.home);
  const keys = keysOf(account);
  const kept = await keep(session, account, keys, options);
  session.output.result(resultOf(kept, keys));
  session.output.say("Stored the account as it is now for your recovery phrase; the older bundle ends.");
}

/** Hold words that were written down against the network: that they open the bundle, and what they would bring back. */
export async function verifyPhrase(options: CommonOptions): Promise<void> {
  const keys = await keysOfPhrase(readPhrase(await readWords()));
  const session = await openSession(options);
  const account = await requireAccount(session.home);
  const own = keysOf(account);
  if (own.wallet !== keys.wallet) throw anotherPhrase();
  const { newest } = await bundlesOf(session, account, keys);
  const { bundle } = newest;
  await confirmWritten(session, account);
  session.output.result({
    opens: true,
    sequence: bundle.sequence,
    created: bundle.created,
    packages: bundle.names.length,
  });
  session.output.say(
    `The words are right: they open the bundle of ${dateOf(bundle.created)}, with ${counted(bundle.wallets.length, "wallet")} and ${counted(bundle.names.length, "name")}.`,
  );
}

/** Whether the bundle is there, for how long, and whether it is of the account as it is now. */
export async function phraseStatus(options: CommonOptions): Promise<void> {
  const session = await openSession(options);
  const account = await requireAccount(session.home);
  const keys = keysOf(account);
  const { newest } = await bundlesOf(session, account, keys);
  const { bundle, detail } = newest;
  const changed = changedSince(bundle, await contentOf(session, account));
  const { address } = walletSigner(keys.wallet);
  const { balance } = await session.client.account(address);
  const { id, state, strength, expiresAt } = detail;
  session.output.result({
    ...{ wallet: address, deposit: balance, id, state, copies: strength.live, sequence: bundle.sequence },
    ...{ created: bundle.created, expiresAt, changed },
    ...{ writtenAt: account.secrets.phrase?.writtenAt ?? null, earlier: account.secrets.phrase?.earlier?.length ?? 0 },
  });
  const left = expiresAt === null ? undefined : expiresAt - machineClock.now();
  session.output.say(
    `wallet   ${address} (deposit ${formatCoins(BigInt(balance))})`,
    `bundle   of ${dateOf(bundle.created)}: ${state}, ${strength.live} of ${strength.full} copies`,
    ...(left === undefined
      ? []
      : [`ends     ${dateOf(expiresAt!)}, in ${formatDuration(Math.max(0, left))}: nothing renews it by itself`]),
    changed.length === 0
      ? "It is up to date."
      : `Changed since: ${changed.join(", ")}. \`cairn phrase update\` stores them.`,
    ...(account.secrets.phrase?.writtenAt === undefined
      ? ["Nobody has said that the words are on paper: `cairn phrase verify` holds what you wrote against the phrase."]
      : []),
    ...(account.secrets.phrase?.earlier === undefined
      ? []
      : ["Words of an earlier phrase still work: `cairn phrase verify` ends it."]),
  );
}

async function keep(session: Session, account: Account, keys: PhraseKeys, options: PhraseOptions): Promise<Kept> {
  const { client, output, token } = session;
  const network = await pinnedNetwork(session);
  const settings: SettingsJson = await client.settings();
  const { days = DAYS, copies = COPIES } = options;
  const shape = { ...shapeOf({ days, copies }, settings, network.defaults), k: 1 as const };
  const content = await contentOf(session, account);
  return interruptible((signal) =>
    keepBundle(ownerPorts(session, account), {
      ...{ keys, content, token, shape, maxCost: options.maxCost, signal },
      fund: (wallet, lacking) => fund(session, account, wallet as Address, lacking, signal),
      confirm: () => confirm("Store the recovery bundle for that?", options, signal),
      onEvent: (event) => event.type === "quoted" && sayPlan(output, event.plan, event.agreed),
    }),
  );
}

/** Of the account's own coins. */
async function fund(
  session: Session,
  account: Account,
  wallet: Address,
  lacking: bigint,
  signal: AbortSignal,
): Promise<void> {
  const { client, output, home, gateway } = session;
  if (gateway.chainUrl === undefined) {
    throw new CairnError(
      `the phrase's wallet ${wallet} lacks ${formatCoins(lacking, { rounding: "up" })} in its deposit`,
      {
        code: "no-chain-node",
        kind: "input",
        next: "Log in again with `cairn login URL --chain URL`, and name a node that you trust: the deposit is made on the chain.",
      },
    );
  }
  const network = await pinnedNetwork(session);
  const deployment = deploymentOf(network);
  const before = BigInt((await client.account(wallet)).balance);
  if (network.faucet && BigInt((await client.account(account.wallet.address)).coins) < 2n * lacking) {
    await askFaucet(gateway.chainUrl, account.wallet.address);
  }
  const ports = {
    ...{ signer: coinSigner(account.wallet.key), chain: rpcCoins(gateway.chainUrl, deployment.chainId) },
    ...{ outgoing: outgoingCalls(home), clock: machineClock, signal, onEarlier: () => undefined },
  };
  await topUp(ports, deployment, { amount: lacking, wallet });
  output.say(
    `Deposited ${formatCoins(lacking, { rounding: "up" })} for the phrase's wallet ${wallet}, from ${account.wallet.address}.`,
  );
  for (let waited = 0; waited < FUNDED_SECONDS; waited++) {
    if (BigInt((await client.account(wallet)).balance) >= before + lacking) return;
    await machineClock.sleep(1, signal);
    signal.throwIfAborted();
  }
}

const contentOf = (session: Session, account: Account): Promise<BundleContent> =>
  collectBundle(ownerPorts(session, account), { openpgp: account.secrets.openpgp, wallet: account.wallet.key });

async function bundlesOf(session: Session, account: Account, keys: PhraseKeys) {
  const phrase = { signer: walletSigner(keys.wallet), bundleKey: keys.bundleKey };
  const [newest, ...older] = await findBundles(ownerPorts(session, account), phrase);
  if (newest !== undefined) return { newest, older };
  throw new CairnError("the network has no bundle of this account's phrase", {
    code: "no-bundle",
    kind: "missing",
    next: "Store one with `cairn phrase update`.",
  });
}

/** The words have been seen: what earlier ones bring back ends. */
const confirmWritten = (session: Session, account: Account): Promise<void> =>
  confirmPhrase({
    store: storeOf(session, account),
    endAll: (keys) => endBundles(ownerPorts(session, account), keys),
    clock: machineClock,
  });

/** The phrase of a home's account file. */
function storeOf({ home }: Session, account: Account): PhraseStore {
  return {
    async read() {
      const { phrase } = (await requireAccount(home)).secrets;
      return phrase === undefined ? undefined : phraseFromSecrets(phrase);
    },
    write: (phrase) => replaceSecrets(home, account, { ...account.secrets, phrase: phraseToSecrets(phrase) }),
  };
}

function keysOf({ secrets: { phrase } }: Pick<Account, "secrets">): PhraseKeys {
  if (phrase !== undefined) return phraseFromSecrets(phrase);
  throw new CairnError("this account has no recovery phrase", {
    code: "no-phrase",
    kind: "missing",
    next: "Make one with `cairn phrase create`.",
  });
}

const resultOf = ({ id, bundle, ended }: Kept, keys: PhraseKeys) => ({
  ...{ wallet: walletSigner(keys.wallet).address, id, sequence: bundle.sequence, created: bundle.created, ended },
  network: bundle.network,
});

const dateOf = (seconds: number): string => new Date(seconds * 1000).toISOString().slice(0, 10);

/** Six lines of four, numbered, so that none is left out. */
function linesOf(phrase: string): string[] {
  const numbered = phrase.split(" ").map((word, at) => `${String(at + 1).padStart(4)}. ${word.padEnd(10)}`);
  return Array.from({ length: numbered.length / 4 }, (_, line) =>
    numbered
      .slice(line * 4, line * 4 + 4)
      .join("")
      .trimEnd(),
  );
}

const phraseExists = (): CairnError =>
  new CairnError("this account has a recovery phrase already, whose words are kept nowhere", {
    code: "phrase-exists",
    kind: "conflict",
    next: "Store what changed with `cairn phrase update`. Where the words are lost, `cairn phrase create --replace` makes others.",
  });

const anotherPhrase = (): CairnError =>
  new CairnError("these words are a recovery phrase, and not this account's", {
    code: "bad-phrase",
    kind: "input",
    next: "Look for the paper of the phrase that was made last, or make another with `cairn phrase create --replace`.",
  });
