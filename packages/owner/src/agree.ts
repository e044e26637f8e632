import type { Manifest } from "@cairn/archive/browser";
import type { QuotePlanJson } from "@cairn/client";
import { compareCoins, formatCoins } from "@cairn/core/coins";
import { formatDuration } from "@cairn/core/format";
import type { Address, CommitmentDocument, Hex, Seconds } from "@cairn/protocol";
import { CairnError } from "@cairn/protocol/errors";
import type { CheckedOffer, Uploaded } from "./check-offer.ts";
import { SKEW_SECONDS } from "./clock-skew.ts";
import { deploymentOf } from "./deployment-of.ts";
import { blocksOf } from "./get-blocks.ts";
import type { Gateway, OwnerPorts } from "./ports.ts";
import { readCapability } from "./read-capability.ts";

export type AgreePorts = OwnerPorts & {
  gateway: Pick<Gateway, "status" | "commitPackage" | "package" | "blocks">;
};

/** A plan that holds against what was uploaded, and what is needed to sign it and to see that it was kept. */
export interface Agreed {
  offer: CheckedOffer;
  /** What the owner has deposited: by the chain, or where none answers by the gateway. */
  balance: bigint;
  /** Whether a chain answered, so that the quotes' signers were held against the registry. */
  isOnChain: boolean;
  /** Of each quote's provider, as registered; where no chain answers, as the gateway says. */
  regions: readonly string[];
  uploaded: Uploaded;
  nameHash: Hex;
}

/** A package that was signed for, and what is needed to see that it was kept. */
export interface Stored {
  id: string;
  documentHash: Hex;
  document: CommitmentDocument;
  manifest: Manifest;
}

/** Hold the gateway's plan against what was uploaded, and its signers against the chain where one answers. */
export async function checkPlan(
  ports: Pick<AgreePorts, "network" | "readChain" | "clock"> & { gateway: Pick<Gateway, "status"> },
  put: { plan: QuotePlanJson; uploaded: Uploaded; nameHash: Hex; maxCost?: bigint },
): Promise<Agreed> {
  const [{ checkOffer }, { checkSigners, checkTerms }] = await Promise.all([
    import("./check-offer.ts"),
    import("./check-chain.ts"),
  ]);
  const network = await ports.network();
  const deployment = deploymentOf(network);
  const terms = {
    executor: network.executor.toLowerCase() as Address,
    verifierSet: network.verifierSet as Hex,
    deployment,
  };
  const now = ports.clock.now();
  await assertSameTime(ports.gateway, now);
  const offer = checkOffer({ ...put, terms, now });
  const { verifiers, quorum } = network;
  const checked = await ports.readChain(deployment, async (chain) => {
    const balance = await checkTerms(chain, { terms, verifiers, quorum, owner: put.uploaded.owner });
    return { balance, regions: await checkSigners(chain, offer) };
  });
  const { placements, balance: said } = put.plan;
  const { balance, regions } = checked ?? {
    balance: BigInt(said),
    regions: placements.map(({ region }) => region),
  };
  requireFunds(balance, offer);
  return { offer, balance, isOnChain: checked !== undefined, regions, uploaded: put.uploaded, nameHash: put.nameHash };
}

/** Another put of the same owner may have taken what was there when the gateway looked. */
function requireFunds(balance: bigint, { mandate }: CheckedOffer): void {
  const total = mandate.maxEscrow + mandate.repairReserve;
  if (balance >= total) return;
  const [has, takes] = compareCoins(balance, total);
  throw new CairnError(`the deposit has ${has}, and this takes ${takes}; nothing was signed`, {
    code: "insufficient-funds",
    kind: "exhausted",
    details: { need: total.toString(), have: balance.toString() },
    next: `Deposit ${formatCoins(total - balance, { rounding: "up" })} more with \`cairn wallet deposit\`.`,
  });
}

/** By a wrong clock of ours every honest plan looks like a lie: terms end at another time than was asked for. */
async function assertSameTime(gateway: Pick<Gateway, "status">, now: Seconds): Promise<void> {
  const { blockTime } = await gateway.status();
  const apart = Math.abs(now - blockTime);
  if (apart <= SKEW_SECONDS) return;
  throw new CairnError(
    `this machine's clock is ${formatDuration(apart)} ${now > blockTime ? "ahead of" : "behind"} the network's, so its terms cannot be checked; nothing was signed`,
    { code: "clocks-apart", kind: "conflict", details: { blockTime, now } },
  );
}

/** Sign what was checked, and send it. It is remembered first: a gateway that denies it later is found out. */
export async function signAgreed(
  ports: AgreePorts,
  { offer, uploaded, nameHash }: Agreed,
  isAside: boolean,
): Promise<void> {
  const { gateway, owner, known } = ports;
  const deployment = deploymentOf(await ports.network());
  const { signedToJson } = await import("@cairn/protocol/typed-json");
  const { mandate, readCapability } = offer;
  await known.remember({
    id: uploaded.id,
    nameHash,
    documentHash: mandate.documentHash,
    root: uploaded.root,
    owner: uploaded.owner,
    // With fractions: two packages may have one name within a second.
    signedAt: Date.now() / 1000,
    ended: false,
    aside: isAside,
  });
  try {
    await gateway.commitPackage(uploaded.id, {
      mandate: signedToJson<"Mandate">({
        message: mandate,
        signature: await owner.signer.sign("Mandate", mandate, deployment),
      }),
      readCapability: signedToJson<"ReadCapability">({
        message: readCapability,
        signature: await owner.signer.sign("ReadCapability", readCapability, deployment),
      }),
    });
  } catch (error) {
    const after = await gateway.package(uploaded.id).catch(() => undefined);
    if (after !== undefined && after.state === "COMMITTED") await known.forget(uploaded.id);
    throw error;
  }
}

/** What was seen of a package that is STORED. */
export interface Confirmed {
  /** Deals on the chain; undefined where none answers. */
  deals: number | undefined;
  /** Random places that were read back. */
  places: number;
}

/**
 * After STORED: the deals are on chain, and random places come back from the providers.
 * @throws CairnError `gateway-lies`, `not-read-back`
 */
export async function confirmStored(
  ports: Pick<AgreePorts, "owner" | "network" | "readChain" | "clock"> & { gateway: Pick<Gateway, "blocks"> },
  { id, documentHash, document, manifest }: Stored,
): Promise<Confirmed> {
  const [{ confirmDeals }, { readBack }] = await Promise.all([import("./check-chain.ts"), import("./read-back.ts")]);
  const deployment = deploymentOf(await ports.network());
  const deals = await ports.readChain(deployment, (chain) => confirmDeals(chain, { documentHash, document }));
  const capability = await readCapability(ports, { documentHash, owner: document.owner });
  const key = await ports.owner.openKey();
  const getBlocks = blocksOf(ports.gateway, { id, capability });
  return { deals, places: await readBack({ manifest, key, getBlocks }) };
}
