import { createHash } from "node:crypto";
import { ALWAYS_ON } from "@cairn/core";
import {
  DEAL_STATES,
  digestOf,
  type Message,
  type Quote,
  type SigningContext,
  TYPES,
  type TypeName,
} from "@cairn/protocol";
import {
  type Abi,
  type Address,
  createTestClient,
  encodeAbiParameters,
  encodeFunctionData,
  type Hex,
  http,
  keccak256,
  parseEventLogs,
  publicActions,
  type TypedDataDomain,
  walletActions,
} from "viem";
import { mnemonicToAccount, type PrivateKeyAccount, privateKeyToAccount } from "viem/accounts";
import { foundry } from "viem/chains";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  bytecodes,
  deploymentTransactions,
  eventsAbi,
  proofLedgerAbi,
  providerRegistryAbi,
  storageDealsAbi,
} from "./index.ts";
import { type Anvil, startAnvil } from "./testing/start-anvil.ts";

const START = 1_750_000_000;
const SETTINGS = {
  genesisTime: START - 600,
  periodSeconds: 60,
  graceSeconds: 10,
  disputePeriods: 1,
  voteWindowPeriods: 4,
  proposalSeconds: 3600,
};
/** The mnemonic of anvil's funded accounts. */
const DEPLOYER = mnemonicToAccount("test test test test test test test test test test test junk");
const account = (n: number) => privateKeyToAccount(`0x${n.toString(16).padStart(64, "0")}`);
const [OWNER, COLD, HOT, PAYOUT] = [account(11), account(12), account(13), account(14)];
const VERIFIERS = [account(21), account(22), account(23)];
const sha256 = (...parts: Uint8Array[]) => createHash("sha256").update(Buffer.concat(parts)).digest();
const hex = (bytes: Uint8Array): Hex => `0x${Buffer.from(bytes).toString("hex")}`;
const bytes = (text: Hex) => Buffer.from(text.slice(2), "hex");

/** A shard of 127 bytes: 4 leaves, all of which are challenged. */
const LEAVES = Array.from({ length: 4 }, (_, i) => Buffer.alloc(32, i + 1));
const node = (left: Uint8Array, right: Uint8Array) => {
  const digest = sha256(left, right);
  digest[31]! &= 0x3f;
  return digest;
};
const PAIRS = [node(LEAVES[0]!, LEAVES[1]!), node(LEAVES[2]!, LEAVES[3]!)] as const;
const COMMITMENT = hex(node(PAIRS[0], PAIRS[1]));

function client(url: string) {
  return createTestClient({ account: DEPLOYER, chain: foundry, mode: "anvil", transport: http(url) })
    .extend(publicActions)
    .extend(walletActions);
}

describe("the deployment", () => {
  let anvil: Anvil;
  let chain: ReturnType<typeof client>;
  let context: SigningContext;
  let registry: Address;
  let ledger: Address;
  let deals: Address;

  beforeAll(async () => {
    anvil = await startAnvil(START);
    chain = client(anvil.url);
    const nonce = await chain.getTransactionCount({ address: DEPLOYER.address });
    const plan = deploymentTransactions(DEPLOYER.address, nonce, SETTINGS);
    for (const { address, nonce: at, data } of plan) {
      const receipt = await mined(await chain.sendTransaction({ data, nonce: at }));
      expect(receipt.contractAddress?.toLowerCase()).toBe(address.toLowerCase());
    }
    [registry, ledger, deals] = plan.map(({ address }) => address) as [Address, Address, Address];
    context = { chainId: foundry.id, deals: lower(deals), registry: lower(registry) };
  });

  afterAll(() => anvil?.stop());

  const lower = (address: Address) => address.toLowerCase() as Address;

  async function mined(hash: Hex) {
    const receipt = await chain.waitForTransactionReceipt({ hash, pollingInterval: 20 });
    expect(receipt.status).toBe("success");
    return receipt;
  }

  async function send(
    to: Address,
    call: { abi: Abi; functionName: string; args: readonly unknown[]; value?: bigint; account?: PrivateKeyAccount },
  ) {
    const account = call.account ?? DEPLOYER;
    await chain.setBalance({ address: account.address, value: 10n ** 18n });
    const data = encodeFunctionData(call);
    const { logs } = await mined(await chain.sendTransaction({ account, to, data, value: call.value ?? 0n }));
    return parseEventLogs({ abi: eventsAbi, logs });
  }

  /** By viem's own EIP-712, so that core's digest and the contracts' are both checked against it. */
  function sign<N extends TypeName>(signer: PrivateKeyAccount, primaryType: N, message: Message<N>): Promise<Hex> {
    const ofRegistry = primaryType === "Registration" || primaryType === "Retirement";
    const domain: TypedDataDomain = {
      name: "Cairn",
      version: "1",
      chainId: context.chainId,
      verifyingContract: ofRegistry ? registry : deals,
    };
    return signer.signTypedData({ domain, types: TYPES, primaryType, message } as unknown as Parameters<
      typeof signer.signTypedData
    >[0]);
  }

  async function goTo(time: number) {
    await chain.setNextBlockTimestamp({ timestamp: BigInt(time) });
    await chain.mine({ blocks: 1 });
  }

  it("carries a deal from registration to pay, with signatures and proofs made off chain", async () => {
    const read = await chain.readContract({ address: deals, abi: storageDealsAbi, functionName: "deployment" });
    expect(read).toMatchObject({ ...SETTINGS, registry, ledger, deals, chainId: BigInt(foundry.id), deployedAt: 1 });

    const registration: Message<"Registration"> = {
      hot: HOT.address,
      payout: PAYOUT.address,
      capacity: 10n ** 9n,
      priceFloor: 10n,
      egressPrice: 0n,
      duty: ALWAYS_ON,
      region: "eu",
      endpoint: "https://provider.example",
      nonce: 0n,
      deadline: BigInt(START + 10_000),
    };
    await send(registry, {
      abi: providerRegistryAbi,
      functionName: "register",
      args: [registration, await sign(COLD, "Registration", registration)],
    });
    const record = await chain.readContract({
      address: registry,
      abi: providerRegistryAbi,
      functionName: "providerOf",
      args: [COLD.address],
    });
    expect(record).toMatchObject({
      hot: HOT.address,
      payout: PAYOUT.address,
      region: "eu",
      active: true,
      capacity: 10n ** 9n,
    });

    const addresses = VERIFIERS.map(({ address }) => address);
    const set = keccak256(encodeAbiParameters([{ type: "address[]" }, { type: "uint8" }], [addresses, 2]));
    await send(ledger, { abi: proofLedgerAbi, functionName: "registerSet", args: [addresses, 2] });
    await send(deals, { abi: storageDealsAbi, functionName: "deposit", args: [OWNER.address], value: 10n ** 9n });

    const documentHash = keccak256("0x01");
    const shardsRoot = keccak256(
      encodeAbiParameters(
        [{ type: "uint32" }, { type: "uint16" }, { type: "bytes32" }, { type: "uint64" }],
        [0, 0, COMMITMENT, 127n],
      ),
    );
    const mandate: Message<"Mandate"> = {
      documentHash,
      shardsRoot,
      pieces: 1,
      k: 1,
      n: 1,
      verifierSet: set,
      executor: DEPLOYER.address,
      maxEscrow: 10n ** 6n,
      repairReserve: 500n,
      maxPrice: 2n ** 100n,
      end: BigInt(START + 10_000),
      expiry: BigInt(START + 10_000),
    };
    const quote: Quote = {
      provider: COLD.address,
      owner: OWNER.address,
      documentHash,
      piece: 0,
      shard: 0,
      commitment: COMMITMENT,
      rawLength: 127n,
      pricePerPeriod: 100n,
      egressPrice: 3n,
      periods: 5,
      duty: ALWAYS_ON,
      verifierSet: set,
      expiry: BigInt(START + 10_000),
      nonce: keccak256("0x02"),
    };
    const lowered = { ...quote, provider: lower(quote.provider), owner: lower(quote.owner) };
    const deal = digestOf("Quote", lowered, context);
    const proposed = await send(deals, {
      abi: storageDealsAbi,
      functionName: "propose",
      args: [mandate, await sign(OWNER, "Mandate", mandate), [quote], [await sign(HOT, "Quote", quote)], [[]]],
    });
    expect(proposed.map(({ eventName }) => eventName)).toEqual(["PackageCreated", "DealProposed"]);
    expect(proposed[1]?.args).toMatchObject({
      deal,
      documentHash,
      piece: 0,
      shard: 0,
      escrow: 500n,
      periods: 5,
      duty: ALWAYS_ON,
      owner: OWNER.address,
    });
    expect(
      await chain.readContract({ address: deals, abi: storageDealsAbi, functionName: "dealIdOf", args: [quote] }),
    ).toBe(deal);
    const stored = await chain.readContract({
      address: deals,
      abi: storageDealsAbi,
      functionName: "dealOf",
      args: [deal],
    });
    expect(stored.quote).toEqual(quote);
    expect(DEAL_STATES[stored.state]).toBe("PROPOSED");

    const receipt: Message<"Receipt"> = { deal, commitment: COMMITMENT, rawLength: 127n };
    await send(deals, {
      abi: storageDealsAbi,
      functionName: "recordReceipts",
      args: [[deal], [await sign(HOT, "Receipt", receipt)]],
    });
    await chain.mine({ blocks: 2 });
    const seedBlock = await chain.getBlock();
    await chain.mine({ blocks: 1 });
    const activation: Message<"Activation"> = { deal, seed: seedBlock.hash!, proofHash: keccak256("0x03") };
    const votes = await Promise.all(VERIFIERS.slice(1).map((verifier) => sign(verifier, "Activation", activation)));
    const activated = await send(deals, {
      abi: storageDealsAbi,
      functionName: "activate",
      args: [[deal], activation.seed, [activation.proofHash], [votes]],
    });
    expect(activated[0]).toMatchObject({
      eventName: "DealStateChanged",
      args: { deal, state: DEAL_STATES.indexOf("ACTIVE") },
    });

    // The next period: proved on chain, from challenges derived here.
    const current = await chain.readContract({ address: ledger, abi: proofLedgerAbi, functionName: "currentPeriod" });
    const period = current + 1;
    await goTo(SETTINGS.genesisTime + period * 60 + 5);
    const opening = await send(ledger, { abi: proofLedgerAbi, functionName: "openPeriod", args: [] });
    expect(opening.map(({ eventName }) => eventName)).toEqual(["PeriodOpened"]);
    const opened = await chain.getBlock();
    await send(ledger, { abi: proofLedgerAbi, functionName: "drawSeed", args: [BigInt(period)] });
    const seed = await chain.readContract({
      address: ledger,
      abi: proofLedgerAbi,
      functionName: "seed",
      args: [BigInt(period)],
    });
    expect(seed).toBe(
      keccak256(encodeAbiParameters([{ type: "bytes32" }, { type: "uint256" }], [opened.hash!, BigInt(period)])),
    );
    const drawn = challenges(seed, deal, COLD.address, period);
    expect(
      await chain.readContract({
        address: ledger,
        abi: proofLedgerAbi,
        functionName: "challengesOf",
        args: [deal, BigInt(period)],
      }),
    ).toEqual(drawn.map(BigInt));
    const leaves = drawn.map((index) => hex(LEAVES[index]!));
    const siblings = drawn.flatMap((index) => [hex(LEAVES[index ^ 1]!), hex(PAIRS[index < 2 ? 1 : 0])]);
    const proven = await send(ledger, {
      abi: proofLedgerAbi,
      functionName: "provePossession",
      args: [deal, BigInt(period), leaves, siblings],
    });
    expect(proven[0]).toMatchObject({ eventName: "PossessionProven", args: { deal, period } });

    // The one after: a verdict leaf, voted by two of three.
    const second = period + 1;
    await goTo(SETTINGS.genesisTime + second * 60 + 5);
    await send(ledger, { abi: proofLedgerAbi, functionName: "openPeriod", args: [] });
    await send(ledger, { abi: proofLedgerAbi, functionName: "drawSeed", args: [BigInt(second)] });
    const leaf = { deal, period: BigInt(second), fulfilled: 1, committed: 1, verdict: 0, faultA: 0n, faultB: 0n };
    const leafHash = keccak256(
      keccak256(
        encodeAbiParameters(
          [
            { type: "bytes32" },
            { type: "uint64" },
            { type: "uint32" },
            { type: "uint32" },
            { type: "uint8" },
            { type: "uint64" },
            { type: "uint64" },
          ],
          [leaf.deal, leaf.period, leaf.fulfilled, leaf.committed, leaf.verdict, leaf.faultA, leaf.faultB],
        ),
      ),
    );
    await goTo(SETTINGS.genesisTime + (second + 1) * 60 + 11);
    const ballot = {
      abi: proofLedgerAbi,
      functionName: "vote",
      args: [set, BigInt(second), leafHash, keccak256("0x04"), 1],
    };
    await send(ledger, { ...ballot, account: VERIFIERS[0]! });
    const finalised = await send(ledger, { ...ballot, account: VERIFIERS[2]! });
    expect(finalised.map(({ eventName }) => eventName)).toEqual(["Voted", "PeriodFinalized"]);
    await goTo(SETTINGS.genesisTime + (second + 3) * 60);
    const claimed = await send(deals, { abi: storageDealsAbi, functionName: "claim", args: [[leaf], [[]]] });
    expect(claimed.find(({ eventName }) => eventName === "DealPaid")?.args).toMatchObject({
      deal,
      provider: COLD.address,
      amount: 200n,
      periods: 2,
    });

    await send(deals, { abi: storageDealsAbi, functionName: "withdraw", args: [200n], account: PAYOUT });
    expect(
      await chain.readContract({
        address: deals,
        abi: storageDealsAbi,
        functionName: "balance",
        args: [PAYOUT.address],
      }),
    ).toBe(0n);
  });

  it("fits the blocks of the embedded chain", async () => {
    const fresh = deploymentTransactions(DEPLOYER.address, 1_000_000, SETTINGS);
    expect(fresh.map(({ contract }) => contract)).toEqual(Object.keys(bytecodes));
    for (const { data } of fresh.slice(0, 2)) expect(await chain.estimateGas({ data })).toBeLessThan(3_000_000n);
    const block = await chain.getBlock({ blockNumber: 3n });
    // The smallest block, of 1 s slots, holds 6 Mgas.
    expect(block.gasUsed).toBeLessThan(6_000_000n);
  });
});

/** docs/protocol.md, 3, for purpose 0 and four leaves. */
function challenges(seed: Hex, deal: Hex, provider: Address, period: number): number[] {
  const drawn = new Set<number>();
  for (let j = 0; drawn.size < 4; j++) {
    const tail = Buffer.alloc(12);
    tail.writeBigUInt64BE(BigInt(period));
    tail.writeUInt32BE(j, 8);
    const chainId = Buffer.alloc(8);
    chainId.writeBigUInt64BE(BigInt(foundry.id));
    const digest = sha256(Buffer.of(0), bytes(seed), chainId, bytes(deal), bytes(provider), tail);
    drawn.add(Number(digest.readBigUInt64BE(0) % 4n));
  }
  return [...drawn];
}
