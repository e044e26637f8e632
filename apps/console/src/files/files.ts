import { CairnError } from "@cairn/protocol/errors";
import { sessionSecret } from "../api/client.ts";
import { keysState, onKeys, openOwner, renewByPerson } from "../keys/keys.ts";
import { store } from "../store.ts";
import { files as words } from "../words/files.ts";
import { workerUrl } from "../worker-url.ts";
import type { FilesCalls, FromWorker, ToWorker } from "./messages.ts";

interface Calling {
  resolve: (value: never) => void;
  reject: (error: unknown) => void;
  told: ((value: never) => void) | undefined;
}

interface Running {
  worker: Worker;
  calls: Map<number, Calling>;
}

let running: Promise<Running> | undefined;
let started: Running | undefined;
let number = 0;
/** Lockings so far: what was begun before the last one has no key. */
let lockings = 0;
const aways = store(false);

/** Whether the gateway is being waited for. */
export const useFilesAway = aways.use;

/** What is open goes with the key: the worker ends, and with it all that it had in memory. */
onKeys(() => {
  const state = keysState();
  if (state.at === "held" && state.openUntil !== null) return;
  const ended = started;
  lockings += 1;
  running = undefined;
  started = undefined;
  ended?.worker.terminate();
  for (const { reject } of ended?.calls.values() ?? []) reject(locked());
  aways.set(false);
});

const locked = (): CairnError =>
  new CairnError("the key was locked", {
    code: "key-locked",
    kind: "auth",
    next: "Unlock it to go on.",
  });

async function start(why: string): Promise<Running> {
  const owner = await openOwner(why);
  const begun = lockings;
  const [{ exportAccountKey }, key] = await Promise.all([import("@cairn/archive/browser"), owner.openKey()]);
  const armored = await exportAccountKey(key);
  // From here to its end nothing is waited for: no worker is missed when the key is locked.
  if (begun !== lockings) throw locked();
  const worker = new Worker(workerUrl("files.worker"), { type: "module" });
  const one: Running = { worker, calls: new Map() };
  const send = (message: ToWorker) => worker.postMessage(message);
  worker.onmessage = ({ data }: { data: FromWorker }) => {
    switch (data.type) {
      case "result":
      case "failed": {
        const call = one.calls.get(data.number);
        one.calls.delete(data.number);
        if (data.type === "result") call?.resolve(data.value as never);
        else call?.reject(CairnError.fromJSON(data.error));
        return;
      }
      case "told":
        one.calls.get(data.number)?.told?.(data.value as never);
        return;
      case "away":
        if (started === one) aways.set(data.away);
        return;
      case "sign": {
        const [type, message, context] = data.message as Parameters<typeof owner.signer.sign>;
        owner.signer.sign(type, message, context).then(
          (signature) => send({ type: "signed", number: data.number, signature }),
          (error: unknown) => send({ type: "signed", number: data.number, error: bodyOf(error) }),
        );
      }
    }
  };
  worker.onerror = () => {
    worker.terminate();
    if (started === one) running = started = undefined;
    for (const { reject } of one.calls.values()) reject(new Error(words.workerFailed));
    one.calls.clear();
  };
  const { lookupKey, signer } = owner;
  send({
    type: "open",
    owner: { address: signer.address, lookupKey, key: armored },
    ...{ url: location.origin, csrf: sessionSecret() || undefined },
  });
  started = one;
  return one;
}

const bodyOf = (error: unknown) =>
  (error instanceof CairnError
    ? error
    : new CairnError("the wallet could not sign", { code: "internal", kind: "internal", cause: error })
  ).toJSON();

export interface CallOptions {
  /** Read by who is asked for the passphrase. */
  why?: string;
  signal?: AbortSignal | undefined;
  told?: (value: never) => void;
}

/** Ask the worker; the key is asked for where it is locked. @throws CairnError */
export async function callFiles<K extends keyof FilesCalls>(
  name: K,
  argument: Parameters<FilesCalls[K]>[0],
  { why = words.why, signal, told }: CallOptions = {},
): Promise<ReturnType<FilesCalls[K]>> {
  running ??= start(why);
  const starting = running;
  const { worker, calls } = await starting.catch((error: unknown) => {
    if (running === starting) running = undefined;
    throw error;
  });
  signal?.throwIfAborted();
  void renewByPerson();
  const own = ++number;
  worker.postMessage({ type: "csrf", csrf: sessionSecret() || undefined } satisfies ToWorker);
  return new Promise((resolve, reject) => {
    calls.set(own, { resolve: resolve as (value: never) => void, reject, told });
    signal?.addEventListener("abort", () => worker.postMessage({ type: "stop", number: own } satisfies ToWorker), {
      once: true,
    });
    worker.postMessage({ type: "call", number: own, name, argument } satisfies ToWorker);
  });
}
