import { parentPort, workerData } from "node:worker_threads";
import { CairnError } from "@cairn/protocol";
import { makeCommon } from "../common.ts";
import { installJumpCache } from "../execution/jump-cache.ts";
import { RpcError } from "../rpc-error.ts";
import { ByteCache } from "../store/byte-cache.ts";
import { openStateSource } from "../store/state-source.ts";
import { NodeReader } from "../store/trie-database.ts";
import { CallMachine } from "./call-machine.ts";
import { estimateGas, runCall } from "./run-call.ts";
import type { CallJob, WorkerAnswer, WorkerSettings } from "./types.ts";

/** A thread that carries out calls, one at a time, on states that it reads from the database itself. */

const settings = workerData as WorkerSettings;
const port = parentPort;
if (port === null) throw new Error("this module is run as a worker thread");
const common = makeCommon(settings.chainId);
await installJumpCache(common);
const source = openStateSource(settings.database);
const nodes = new NodeReader(source, new ByteCache(settings.nodeCacheBytes));
const blockHash = async (number: bigint): Promise<Uint8Array> => {
  const known = await source.hashOf(Number(number));
  if (known === undefined) throw new Error(`block ${number} is not stored`);
  return known;
};
/** Two, so that a reader of history does not empty the caches of those who read the head. */
const head = await CallMachine.open(common, nodes, blockHash);
const past = await CallMachine.open(common, nodes, blockHash);

async function carryOut(job: CallJob): Promise<WorkerAnswer> {
  const before = process.threadCpuUsage();
  const cpu = (): number => {
    const { user, system } = process.threadCpuUsage(before);
    return (user + system) / 1000;
  };
  try {
    const context = { machine: job.block.isHead ? head : past, common, baseFee: settings.baseFee };
    const result = await (job.kind === "call" ? runCall(context, job) : estimateGas(context, job));
    return { cpu: cpu(), result };
  } catch (error) {
    return { cpu: cpu(), ...outcomeOf(error) };
  }
}

function outcomeOf(error: unknown) {
  if (error instanceof RpcError) {
    return { refusal: { rpcCode: error.rpcCode, data: error.data, error: error.toJSON() } };
  }
  if (error instanceof CairnError && error.kind === "unavailable") return { unavailable: error.toJSON() };
  return { defect: error instanceof Error ? (error.stack ?? error.message) : String(error) };
}

port.on("message", (job: CallJob) => void carryOut(job).then((answer) => port.postMessage(answer)));
port.postMessage("ready");
