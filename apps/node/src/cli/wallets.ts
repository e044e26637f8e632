import type { NetworkJson, NewWalletJson, WalletJson, WalletKindText } from "@cairn/client";
import { type Address, addressOfText, CairnError, type Hex, type JsonSigned } from "@cairn/protocol";
import { addressOfKey } from "@cairn/protocol/keys";
import { homeAt } from "../home/home.ts";
import { recordWallet } from "../owner/recorded-wallets.ts";
import { firstLineOf } from "./first-line.ts";
import { formatCoins } from "./format.ts";
import { createOutput, table } from "./output.ts";
import { type CommonOptions, openSession, pinnedNetwork, requireAccount, type Session } from "./session.ts";

interface AddOptions extends CommonOptions {
  kind: WalletKindText;
  keyFile?: string;
  /** Wei. */
  perDay?: bigint;
}

export async function listWallets(options: CommonOptions): Promise<void> {
  const { client, output } = await openSession(options);
  const wallets = await client.wallets();
  output.result(wallets);
  if (wallets.length === 0) output.say("No wallet yet: the first `cairn put` makes one, or `cairn wallet` now.");
  else output.say(table(["ADDRESS", "AS FILECOIN", "NAME", "KIND", "DEFAULT", "SIGNS HERE"], wallets.map(rowOf)));
}

const rowOf = ({ address, filecoin, name, kind, isDefault, dailyLimit, unlockedUntil }: WalletJson): string[] => [
  address,
  filecoin,
  name,
  kind,
  isDefault ? "yes" : "",
  kind === "client"
    ? "no: its key is with you"
    : kind === "custodial"
      ? `up to ${formatCoins(BigInt(dailyLimit ?? 0))} a day`
      : unlockedUntil === null
        ? "no: locked"
        : `yes, UNLOCKED until ${new Date(unlockedUntil * 1000).toISOString().slice(11, 16)} UTC`,
];

export async function addWallet(name: string, options: AddOptions): Promise<void> {
  const { kind } = options;
  if (kind === "custodial" && options.perDay === undefined) throw missing("--per-day", "what it may spend in a day");
  const session = await openSession(options);
  const { client, output } = session;
  const { key, ...parts } = await partsOf(session, options);
  const wallet = await client.addWallet({ name, kind, ...parts });
  if (key !== undefined) {
    const { expectEqual } = await import("@cairn/owner/gateway-lies");
    expectEqual(
      [["wallet.address", wallet.address.toLowerCase(), addressOfKey(key)]],
      "This home has no record of that wallet.",
    );
  }
  await recordWallet(session.home, wallet.address);
  output.result(wallet);
  output.say(`Added the ${wallet.kind} wallet ${wallet.address} as "${wallet.name}".`);
  if (kind === "vault") output.say("Its key is kept encrypted to your OpenPGP key: `cairn wallet unlock` opens it.");
  if (kind === "client" && options.keyFile === undefined)
    output.say(
      "It is this home's own, and pays for what is stored from here: fill it with `cairn wallet deposit AMOUNT`.",
    );
}

async function partsOf(session: Session, options: AddOptions): Promise<Partial<NewWalletJson> & { key?: Hex }> {
  if (options.kind === "custodial") return { dailyLimit: String(options.perDay ?? 0n) };
  const network = await pinnedNetwork(session);
  const { generateKey } = await import("@cairn/chain/wallet");
  const key =
    options.keyFile !== undefined
      ? await keyIn(options.keyFile)
      : options.kind === "vault"
        ? generateKey()
        : await ownKey(session);
  const claim = await claimOf(session.token, network, key);
  if (options.kind === "client") return { key, claim };
  const { key: openpgpKey } = await requireAccount(session.home);
  const { encryptSecret } = await import("@cairn/archive/encrypt-secret");
  const keystore = await encryptSecret(openpgpKey, Buffer.from(key.slice(2), "hex"));
  return { key, claim, keystore: Buffer.from(keystore).toString("base64") };
}

/** The key of this home's own wallet, where the account does not have that wallet yet. @throws CairnError `missing-value` */
async function ownKey({ client, home }: Session): Promise<Hex> {
  const { loadOwner } = await import("../account/owner.ts");
  const own = (await loadOwner(home))?.wallet;
  const isNew = own !== undefined && (await client.wallets()).every(({ address }) => address !== own.address);
  if (isNew) return own.key;
  throw missing("--key-file", "the file with its private key");
}

export async function setDefault(wallet: string, options: CommonOptions): Promise<void> {
  const { client, output } = await openSession(options);
  const chosen = await client.setDefaultWallet(wallet);
  output.result(chosen);
  output.say(
    `Packages that name no wallet belong to ${chosen.address} from now on. Those that are stored stay as they are, and`,
    "`cairn put` goes on signing with this home's own key, for the wallet of that key.",
  );
}

/** Have this home know a wallet for its owner's: whoever uses it says so, as no gateway's word counts. */
export async function trustWallet(named: string, options: CommonOptions): Promise<void> {
  const address = addressOfText(named);
  await recordWallet(homeAt(options.home), address);
  const output = createOutput(options);
  output.result({ trusted: address });
  output.say(`This home takes packages of ${address} for yours from now on. Its key is where it was.`);
}

export async function unlock(named: string, options: CommonOptions & { minutes?: number }): Promise<void> {
  const session = await openSession(options);
  const { client, output, home } = session;
  const { address } = await vaultNamed(client, named);
  const { key } = await requireAccount(home);
  const { openKeystore } = await import("@cairn/owner/own-wallets");
  // What opens is sent to the gateway: it must be this wallet's key, not whatever message to the owner's key the gateway chose.
  const opened = await openKeystore(client, async () => key, address as Address);
  try {
    const wallet = await client.unlockWallet(address, opened, options.minutes ?? 15);
    output.result(wallet);
    output.say(
      `UNLOCKED: until ${new Date((wallet.unlockedUntil ?? 0) * 1000).toISOString().slice(11, 16)} UTC the gateway signs with ${address}.`,
      "Lock it earlier with `cairn wallet lock`.",
    );
  } finally {
    opened.fill(0);
  }
}

export async function lock(named: string, options: CommonOptions): Promise<void> {
  const { client, output } = await openSession(options);
  const { address } = await vaultNamed(client, named);
  await client.lockWallet(address);
  output.result({ locked: address });
  output.say(`Locked: the gateway's copy of the key of ${address} is overwritten.`);
}

async function claimOf(token: string, network: NetworkJson, key: Hex): Promise<JsonSigned<"AccountClaim">> {
  const [{ signClaim }, { walletSigner }] = await Promise.all([
    import("@cairn/owner/sign-claim"),
    import("@cairn/owner/wallet-signer"),
  ]);
  return signClaim(walletSigner(key), { network, token, now: Math.floor(Date.now() / 1000) });
}

async function vaultNamed(client: { wallets(): Promise<WalletJson[]> }, named: string): Promise<WalletJson> {
  const found = (await client.wallets()).find(({ address, name }) => address === named.toLowerCase() || name === named);
  if (found === undefined) {
    throw new CairnError(`the account has no wallet ${named}`, {
      code: "unknown-wallet",
      kind: "missing",
      next: "`cairn wallet list` shows them.",
    });
  }
  if (found.kind === "vault") return found;
  throw new CairnError(`${named} is a ${found.kind} wallet, and only a vault is unlocked and locked`, {
    code: "wrong-wallet-kind",
    kind: "conflict",
    next:
      found.kind === "client"
        ? "Its key is with you: sign where you have it."
        : "The gateway signs with it at any time.",
  });
}

async function keyIn(file: string): Promise<Hex> {
  const key = (await firstLineOf(file, "a private key, 0x and 64 hex digits")).trim() as Hex;
  addressOfKey(key);
  return key;
}

function missing(option: string, what: string): CairnError {
  return new CairnError(`a wallet of this kind needs ${option}`, {
    code: "missing-value",
    kind: "input",
    next: `Give ${option}: ${what}.`,
  });
}
