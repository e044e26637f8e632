import { createHash } from "node:crypto";
import { mkdir, readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { type HeldLock, holdLock, writeDurably } from "@cairn/process";
import { asCairnError, CairnError } from "@cairn/protocol";
import { openContractStore } from "./contract-store.ts";
import type { FarmerEvent, FarmerProgress } from "./events.ts";
import { fillSpace } from "./fill-space.ts";
import type { Identity } from "./identity.ts";
import { type ContractKeeper, keepContracts, pause } from "./keep-contracts.ts";
import { type NodeApi, openNodeApi } from "./node-api.ts";
import { createProver } from "./prove.ts";
import type { TokenAnswer } from "./wire.ts";

export interface FarmerOptions {
  /** Address of the node, such as http://127.0.0.1:4400. */
  node: string;
  /** Undefined: an existing token is used, or its file. */
  identity: Identity | undefined;
  /** Bytes to hold. */
  size: number;
  /** Where contracts and chunks are kept. */
  directory: string;
  /** Where the token is kept; `token` in the directory when left out. */
  tokenFile?: string | undefined;
  /** Have the node replace the token before anything else. */
  rotateToken?: boolean | undefined;
  /** The directory's contracts are with this node, which has moved here from another address. */
  moved?: boolean | undefined;
  tell(event: FarmerEvent): void;
}

export interface RunningFarmer {
  farmer: string;
  progress(): FarmerProgress;
  /** Resolves when it has ended, after `stop` or with the error that ended it. */
  ended: Promise<void>;
  /** Ends within 2 s; contracts stay on the disk and go on at the next start. Idempotent. */
  stop(): Promise<void>;
}

/** What the directory is for; the token is in a file of its own. */
interface FarmerFile {
  format: 1;
  node: string;
  address?: string;
}

const STOP_MILLISECONDS = 1_500;
const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 15_000;

/**
 * A farmer of the downstream protocol: registers, takes chunks up to a size, answers for them, and takes all of it up again after a
 * restart.
 *
 * @throws CairnError `farmer-in-use`, `other-node`, `no-address`, `bad-input`, `node-unreachable` (only before it has contracts),
 * `node-refused`, `unknown-heartbeat-type`
 */
export async function runFarmer(options: FarmerOptions): Promise<RunningFarmer> {
  const directory = resolve(options.directory);
  const stopping = new AbortController();
  const { signal } = stopping;
  const api = openNodeApi(options.node, signal);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const lock = lockDirectory(directory);
  try {
    return await start(options, directory, api, stopping, lock);
  } catch (error) {
    stopping.abort();
    lock.release();
    throw error;
  }
}

async function start(
  options: FarmerOptions,
  directory: string,
  api: NodeApi,
  stopping: AbortController,
  lock: HeldLock,
): Promise<RunningFarmer> {
  const { tell, identity } = options;
  const { signal } = stopping;
  const farmerFile = join(directory, "farmer.json");
  const tokenFile = options.tokenFile ?? join(directory, "token");
  const store = await openContractStore(directory);
  const stored = await store.load();
  const known = await readFarmerFile(farmerFile);
  requireSameNode(known, api.url, directory, options.moved ?? false, stored.length);
  const address = identity?.address ?? known?.address;
  const clock = () => performance.now() / 1000;

  const saved = await readToken(tokenFile);
  let current = saved === undefined ? await register() : await reconnect(saved);
  if (options.rotateToken && saved !== undefined) {
    current = await api.rotate(current.token);
    await keepToken(current, "rotated");
  }
  await writeDurably(farmerFile, JSON.stringify({ format: 1, node: api.url, ...(address ? { address } : {}) }));

  async function register(): Promise<TokenAnswer> {
    if (address === undefined) {
      throw new CairnError("no address to earn for", {
        code: "no-address",
        kind: "input",
        next: "Name one with --address, --identity FILE or --key FILE.",
      });
    }
    const answer = await api.register(address, await identity?.sign?.(api));
    await keepToken(answer, "new");
    return answer;
  }

  /** Waits for a node that is away when there are contracts to answer for. */
  async function reconnect(token: string): Promise<TokenAnswer> {
    for (let wait = FIRST_PAUSE; ; wait = Math.min(wait * 2, LONGEST_PAUSE)) {
      try {
        return await api.heartbeat(token);
      } catch (thrown) {
        const error = asCairnError(thrown);
        if (error.code === "no-such-token") {
          for (const { name } of stored.splice(0)) await store.remove(name);
          tell({ event: "token", farmer: farmerId(token), reason: "lost" });
          return await register();
        }
        if (stored.length === 0 || error.kind !== "unavailable" || signal.aborted) throw error;
        tell({ event: "waiting", reason: error.message, seconds: wait / 1000 });
        await pause(wait * (0.5 + Math.random() / 2), signal);
      }
    }
  }

  async function keepToken({ token }: TokenAnswer, reason: "new" | "rotated"): Promise<void> {
    await writeDurably(tokenFile, `${token}\n`);
    tell({ event: "token", farmer: farmerId(token), reason });
  }

  let renewing: Promise<void> | undefined;
  function renew(): Promise<void> {
    renewing ??= (async () => {
      tell({ event: "token", farmer: farmerId(current.token), reason: "lost" });
      await keeper.forgetAll("its token is gone");
      current = await register();
    })()
      .catch((error) => {
        // The dead token stays; the next request that it is refused for leads here again.
        if (!signal.aborted) tell({ event: "waiting", reason: (error as Error).message, seconds: 0 });
      })
      .finally(() => {
        renewing = undefined;
      });
    return renewing;
  }

  const common = { api, token: () => current.token, renew, tell, clock, random: Math.random, signal };
  const prover = createProver({ ...common, store, scheme: () => current.type, heartbeat: () => current.heartbeat });
  const keeper: ContractKeeper = keepContracts({ ...common, store, prover });
  keeper.resume(stored);
  const figures = keeper.figures();
  tell({
    event: "ready",
    node: api.url,
    address,
    farmer: farmerId(current.token),
    contracts: figures.contracts,
    bytes: figures.bytes,
  });
  const loops = Promise.all([keeper.run(), fillSpace({ ...common, keeper, wanted: options.size })]).then(
    () => undefined,
  );
  const ended = loops.finally(() => {
    stopping.abort();
    lock.release();
  });
  // Whoever stops it without looking at `ended` has been told already.
  ended.catch(() => undefined);
  return {
    get farmer() {
      return farmerId(current.token);
    },
    progress: () => ({ ...keeper.figures(), wanted: options.size }),
    ended,
    async stop() {
      stopping.abort();
      await Promise.race([ended, new Promise((done) => setTimeout(done, STOP_MILLISECONDS).unref())]);
    },
  };
}

/** The first 20 hex characters of the SHA-256 of the token's bytes, as nodes show it. */
function farmerId(token: string): string {
  return createHash("sha256").update(Buffer.from(token, "hex")).digest("hex").slice(0, 20);
}

function lockDirectory(directory: string): HeldLock {
  try {
    return holdLock(join(directory, "lock"));
  } catch (error) {
    if (!(error instanceof CairnError) || error.code !== "lock-held") throw error;
    const { pid } = error.details;
    throw new CairnError(`another farmer runs on ${directory}${pid === undefined ? "" : ` (process ${pid})`}`, {
      code: "farmer-in-use",
      kind: "conflict",
      next: "Stop that one first, or choose another directory with --path.",
      cause: error,
    });
  }
}

async function readToken(path: string): Promise<string | undefined> {
  let text: string;
  try {
    text = (await readFile(path, "utf8")).trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  if (/^([0-9a-f]{2}){1,64}$/.test(text)) return text;
  throw new CairnError(`${path} holds no token`, {
    code: "bad-token-file",
    kind: "input",
    next: "It must hold the token alone, as hexadecimal text; remove the file to get a new one.",
  });
}

async function readFarmerFile(path: string): Promise<FarmerFile | undefined> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  try {
    const value = JSON.parse(text) as FarmerFile;
    if (value.format === 1 && typeof value.node === "string") return value;
  } catch {
    // Told below, as for any other content.
  }
  throw new CairnError(`${path} is damaged, or was written by a newer version`, {
    code: "bad-farmer-file",
    kind: "corrupt",
    next: "Remove it if the directory belongs to the node that you name with --node.",
  });
}

function requireSameNode(
  known: FarmerFile | undefined,
  url: string,
  directory: string,
  moved: boolean,
  contracts: number,
): void {
  if (known === undefined || known.node === url || moved) return;
  throw new CairnError(`${directory} belongs to the node ${known.node} (${contracts} contracts), not to ${url}`, {
    code: "other-node",
    kind: "conflict",
    next: "Choose another directory with --path, or say --moved when the same node has moved to this address.",
  });
}
