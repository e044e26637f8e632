import { CairnError, type Signed, signedToJson } from "@cairn/protocol";
import { type PushedProof, proofsToJson, reportsToJson, resultsFromJson, SMALL_BODY_BYTES } from "@cairn/protocol/wire";
import {
  callHttp,
  failureOf,
  findWork,
  type HttpAnswer,
  type HttpCall,
  readCapped,
  WORK_HEADER,
} from "@cairn/transport";
import type { RangeBody } from "../context.ts";
import { type NetworkInfo, networkInfoFromJson } from "./network-info.ts";

/** One gateway as this provider calls it over HTTP. Failures are the gateway's CairnError, `unreachable` or `bad-answer`. */
export interface GatewayClient {
  readonly url: URL;
  /** As last fetched. */
  readonly info: NetworkInfo | undefined;
  /** Whether a control connection is open; kept by the link. */
  connected: boolean;
  /** Of the open control connection: shows the gateway whose calls these are. Kept by the link. */
  session: string | undefined;
  fetchInfo(signal: AbortSignal): Promise<NetworkInfo>;
  register(registration: Signed<"Registration">, signal: AbortSignal): Promise<void>;
  /** A source of bytes on the gateway, from `from` to its end; the answer's status is 200 or 206. */
  openSource(
    path: string,
    capability: Signed<"UploadCapability">,
    options: { from?: number; signal: AbortSignal },
  ): Promise<HttpAnswer>;
  /** POST the bytes of a reverse read. */
  postRange(path: string, body: RangeBody, headers: Record<string, string>, signal: AbortSignal): Promise<void>;
  /** Per proof "accepted" or why not. */
  pushProofs(proofs: readonly PushedProof[], signal: AbortSignal): Promise<string[]>;
  /** Have the gateway prove a few periods on chain at its own cost; per proof "accepted" or why not. */
  proveOnChain(proofs: readonly PushedProof[], signal: AbortSignal): Promise<string[]>;
  pushReports(reports: readonly Signed<"DamageReport">[], signal: AbortSignal): Promise<string[]>;
}

/** A minute or two of one core. */
const MOST_WORK_BITS = 26;
const NETWORK_BYTES = 1 << 20;

async function succeed(call: HttpCall): Promise<HttpAnswer> {
  const answer = await callHttp(call);
  if (answer.status >= 200 && answer.status < 300) return answer;
  throw await failureOf(answer, call.url.origin);
}

async function json(call: HttpCall, maximum: number): Promise<unknown> {
  const answer = await succeed(call);
  const text = (await readCapped(answer.body, maximum)).toString("utf8");
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new CairnError(`${call.url.origin} answered no JSON`, { code: "bad-answer", kind: "unavailable", cause });
  }
}

export function openGatewayClient(url: URL): GatewayClient {
  const at = (path: string) => new URL(path, url);
  const known = (): Record<string, string> => (client.session === undefined ? {} : { "cairn-session": client.session });
  const post = (path: string, body: unknown, signal: AbortSignal): HttpCall => ({
    url: at(path),
    method: "POST",
    headers: { "content-type": "application/json", ...known() },
    body: Buffer.from(JSON.stringify(body)),
    signal,
  });
  let info: NetworkInfo | undefined;
  const client: GatewayClient = {
    url,
    connected: false,
    session: undefined,
    get info() {
      return info;
    },
    async fetchInfo(signal) {
      info = networkInfoFromJson(await json({ url: at("/api/v1/network"), signal }, NETWORK_BYTES), url);
      return info;
    },
    async register(registration, signal) {
      const call = post("/api/v1/providers", signedToJson(registration), signal);
      const relay = async (headers: Record<string, string>) => {
        // The relay may answer only when the chain has it.
        const answer = await succeed({ ...call, headers: { ...call.headers, ...headers }, idleSeconds: 120 });
        await readCapped(answer.body, SMALL_BODY_BYTES);
      };
      try {
        await relay({});
      } catch (error) {
        const bits = error instanceof CairnError && error.code === "work-needed" ? error.details.bits : undefined;
        if (typeof bits !== "number" || bits > MOST_WORK_BITS) throw error;
        await relay({ [WORK_HEADER]: await findWork(registration.signature, bits, signal) });
      }
    },
    openSource(path, capability, { from, signal }) {
      const credential = Buffer.from(JSON.stringify(signedToJson(capability))).toString("base64");
      return succeed({
        url: at(path),
        headers: {
          ...known(),
          "cairn-capability": credential,
          ...(from === undefined ? {} : { range: `bytes=${from}-` }),
        },
        signal,
      });
    },
    async postRange(path, body, headers, signal) {
      const answer = await succeed({
        url: at(path),
        method: "POST",
        headers: { "content-type": "application/octet-stream", ...known(), ...headers },
        body,
        idleSeconds: 120,
        signal,
      });
      await readCapped(answer.body, SMALL_BODY_BYTES);
    },
    async pushProofs(proofs, signal) {
      return resultsFromJson(
        await json(post("/api/v1/provider/proofs", proofsToJson(proofs), signal), NETWORK_BYTES),
        proofs.length,
      );
    },
    async proveOnChain(proofs, signal) {
      return resultsFromJson(
        // It answers when the chain has them.
        await json(
          { ...post("/api/v1/provider/chain-proofs", proofsToJson(proofs), signal), idleSeconds: 120 },
          NETWORK_BYTES,
        ),
        proofs.length,
      );
    },
    async pushReports(reports, signal) {
      return resultsFromJson(
        await json(post("/api/v1/provider/damage", reportsToJson(reports), signal), NETWORK_BYTES),
        reports.length,
      );
    },
  };
  return client;
}
