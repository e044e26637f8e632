import { type Manifest, readFrames } from "@cairn/archive";
import type { NetworkJson, QuotePlanJson } from "@cairn/client";
import {
  type Address,
  CairnError,
  type CommitmentDocument,
  type Hex,
  type Seconds,
  signedToJson,
} from "@cairn/protocol";
import { signTyped } from "@cairn/protocol/sign-typed";
import type { Account } from "../account/account.ts";
import { checkSigners, checkTerms, confirmDeals, openChainView } from "../owner/check-chain.ts";
import { type CheckedOffer, checkOffer, SKEW_SECONDS, type Uploaded } from "../owner/check-offer.ts";
import { forgetPackage, rememberPackage } from "../owner/known-packages.ts";
import { readBack } from "../owner/read-back.ts";
import { readCapability } from "./capability.ts";
import { deploymentOf } from "./deployment-of.ts";
import { compareCoins, formatCoins, formatDuration } from "./format.ts";
import { lazily } from "./lazily.ts";
import type { Session } from "./session.ts";

/** A plan that holds against what was uploaded, and what is needed to sign it and to see that it was kept. */
export interface Agreed {
  offer: CheckedOffer;
  /** What the owner has deposited: by the chain, or where none answers by the gateway. */
  balance: bigint;
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
  session: Session,
  network: NetworkJson,
  put: { plan: QuotePlanJson; uploaded: Uploaded; nameHash: Hex; maxCost?: bigint },
): Promise<Agreed> {
  const deployment = deploymentOf(network);
  const terms = {
    executor: network.executor.toLowerCase() as Address,
    verifierSet: network.verifierSet as Hex,
    deployment,
  };
  const now = Math.floor(Date.now() / 1000);
  await assertSameTime(session, now);
  const offer = checkOffer({ ...put, terms, now });
  const { verifiers, quorum } = network;
  const checked = await openChainView(session.run.chainUrl, deployment, async (chain) => {
    const balance = await checkTerms(chain, { terms, verifiers, quorum, owner: put.uploaded.owner });
    return { balance, regions: await checkSigners(chain, offer) };
  });
  if (checked === undefined) {
    session.output.say(
      `Note: no chain answers at ${session.run.chainUrl}: whether the quotes are signed by registered providers was not checked.`,
    );
  }
  const { placements, balance: said } = put.plan;
  const { balance, regions } = checked ?? {
    balance: BigInt(said),
    regions: placements.map(({ region }) => region),
  };
  requireFunds(balance, offer);
  return { offer, balance, regions, uploaded: put.uploaded, nameHash: put.nameHash };
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
async function assertSameTime(session: Session, now: Seconds): Promise<void> {
  const { blockTime } = await session.client.status();
  const apart = Math.abs(now - blockTime);
  if (apart <= SKEW_SECONDS) return;
  throw new CairnError(
    `this machine's clock is ${formatDuration(apart)} ${now > blockTime ? "ahead of" : "behind"} the network's, so its terms cannot be checked; nothing was signed`,
    { code: "clocks-apart", kind: "conflict", details: { blockTime, now } },
  );
}

/** Sign what was checked, and send it. It is remembered first: a gateway that denies it later is found out. */
export async function signAgreed(
  session: Session,
  network: NetworkJson,
  account: Account,
  { offer, uploaded, nameHash }: Agreed,
  isAside: boolean,
): Promise<void> {
  const deployment = deploymentOf(network);
  const { mandate, readCapability } = offer;
  const key = account.wallet.key;
  await rememberPackage(session.home, {
    id: uploaded.id,
    nameHash,
    documentHash: mandate.documentHash,
    root: uploaded.root,
    signedAt: Date.now() / 1000,
    ended: false,
    aside: isAside,
  });
  try {
    await session.client.commitPackage(uploaded.id, {
      mandate: signedToJson<"Mandate">({
        message: mandate,
        signature: signTyped("Mandate", mandate, deployment, key),
      }),
      readCapability: signedToJson<"ReadCapability">({
        message: readCapability,
        signature: signTyped("ReadCapability", readCapability, deployment, key),
      }),
    });
  } catch (error) {
    const after = await session.client.package(uploaded.id).catch(() => undefined);
    if (after !== undefined && after.state === "COMMITTED") await forgetPackage(session.home, uploaded.id);
    throw error;
  }
}

/**
 * After STORED: the deals are on chain, and random places come back from the providers.
 * @throws CairnError `gateway-lies`, `not-read-back`
 */
export async function confirmStored(
  session: Session,
  network: NetworkJson,
  account: Account,
  { id, documentHash, document, manifest }: Stored,
): Promise<void> {
  const { output, client, run } = session;
  const deals = await openChainView(run.chainUrl, deploymentOf(network), (chain) =>
    confirmDeals(chain, { documentHash, document }),
  );
  const capability = await readCapability(account, network, documentHash);
  const places = await readBack({
    manifest,
    key: account.key,
    getBlocks: (cids) => readFrames(lazily(() => client.blocks(id, cids.map(String), capability))),
  });
  output.say(
    `Confirmed: ${deals === undefined ? "no chain answers here, deals not checked" : `${deals} deals are on the chain`}; ${places} random places were read back and are as they were put`,
  );
}
