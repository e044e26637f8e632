import { pause } from "@cairn/process";
import { proofToCalldata } from "@cairn/proofs";
import { asCairnError, type Seconds } from "@cairn/protocol";
import type { PushedProof } from "@cairn/protocol/wire";
import type { ProviderContext } from "../context.ts";
import type { GatewayClient } from "../gateways/gateway-client.ts";
import type { HeldShard } from "../shards/held-shard.ts";

/** The part of the time left within which every gateway is asked; what remains is for the last one's transaction. */
const ASKING = 0.5;

/**
 * Prove a period on chain, where no vote can pass over it: the last resort when no gateway took the proof. The hot key pays if it can;
 * otherwise the gateways are asked to, in the order given, before `deadline`. Returns whether the chain has it.
 */
export async function proveOnChain(
  context: ProviderContext,
  held: HeldShard,
  push: PushedProof,
  { gateways, deadline }: { gateways: readonly GatewayClient[]; deadline: Seconds },
): Promise<boolean> {
  if (await context.chain().isProven(push.deal, push.period)) return true;
  return (await payOneself(context, held, push)) || askGateways(context, push, gateways, deadline);
}

async function payOneself(context: ProviderContext, held: HeldShard, push: PushedProof): Promise<boolean> {
  const ledger = context.chain();
  const { deal, period } = push;
  if ((await ledger.gasBalance(context.identity.hot)) === 0n) return false;
  const { leaves, siblings } = proofToCalldata(push.proof, held.rawLength);
  try {
    const submission = { id: `prove/${deal}/${period}`, until: "included" as const };
    const result = await ledger.provePossession(submission, deal, period, leaves, siblings);
    context.log.info({ deal, period, transaction: result.transaction, ok: result.ok }, "proved on chain");
    return result.ok;
  } catch (error) {
    const { code, message } = asCairnError(error);
    context.log.warn({ deal, period, code }, `could not prove on chain: ${message}`);
    return false;
  }
}

/**
 * Ask one gateway after another, each some time after the one before whether that has answered or not: one that stalls keeps nobody
 * from being asked, and one that is quick is the only one that pays.
 */
async function askGateways(
  context: ProviderContext,
  push: PushedProof,
  gateways: readonly GatewayClient[],
  deadline: Seconds,
): Promise<boolean> {
  const { deal, period } = push;
  const left = Math.max(0, deadline - context.chainNow());
  const done = new AbortController();
  const signal = AbortSignal.any([context.signal, done.signal, AbortSignal.timeout(left * 1000)]);
  const turn = (left * ASKING) / gateways.length;
  let proved = false;
  const ask = async (gateway: GatewayClient) => {
    const about = { deal, period, gateway: gateway.url.origin };
    try {
      const [result] = await gateway.proveOnChain([push], signal);
      context.log.info(about, `asked to be proved on chain: ${result}`);
      // The chain's word, not the gateway's.
      proved ||= result === "accepted" && (await context.chain().isProven(deal, period));
    } catch (error) {
      const { code, message } = asCairnError(error);
      if (!proved) context.log.warn({ ...about, code }, `not proved on chain: ${message}`);
    }
    if (proved) done.abort();
  };
  const atWork: Promise<void>[] = [];
  for (const gateway of gateways) {
    if (signal.aborted) break;
    const asking = ask(gateway);
    atWork.push(asking);
    await Promise.race([asking, pause(turn, signal)]);
  }
  await Promise.all(atWork);
  return proved;
}
