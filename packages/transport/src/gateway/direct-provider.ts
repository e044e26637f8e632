import { hash, randomBytes } from "node:crypto";
import {
  type Address,
  CairnError,
  type DealId,
  type Hex,
  type Message,
  ProviderRefusal,
  type Signed,
  type SigningContext,
  signedToJson,
} from "@cairn/protocol";
import { CONTROL_MESSAGE_BYTES, fieldsOf, REQUEST_LIFE_SECONDS, SMALL_BODY_BYTES } from "@cairn/protocol/wire";
import { callHttp, type HttpAnswer, readCapped } from "../http/call-http.ts";
import { failureOf } from "../http/failure-of.ts";
import { lookupPublic } from "./dialable.ts";

/** Signs a GatewayRequest as this gateway's executor. */
export type SignRequest = (message: Message<"GatewayRequest">) => Hex;

export interface DirectProvider {
  provider: Address;
  endpoint: URL;
  allowPrivate: boolean;
  context: SigningContext;
  signRequest: SignRequest;
  /** The chain's time, by which the provider judges requests. */
  now(): number;
}

const inHeader = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64");

function signedRequest(to: DirectProvider, body: string | Uint8Array): string {
  const message = {
    provider: to.provider,
    bodyHash: `0x${hash("sha256", body, "hex")}` as Hex,
    expiry: BigInt(to.now() + Math.floor(REQUEST_LIFE_SECONDS / 2)),
    nonce: `0x${randomBytes(32).toString("hex")}` as Hex,
  };
  return inHeader(signedToJson<"GatewayRequest">({ message, signature: to.signRequest(message) }));
}

function dial(to: DirectProvider) {
  return to.allowPrivate ? {} : { lookup: lookupPublic };
}

/** Whether the provider itself answers at its endpoint. @throws CairnError `unreachable`, `bad-answer`, `wrong-provider` */
export async function probeProvider(to: DirectProvider): Promise<void> {
  const answer = await callHttp({ url: new URL("/v1/health", to.endpoint), idleSeconds: 5, ...dial(to) });
  if (answer.status !== 200) throw await failureOf(answer, "the provider", ProviderRefusal);
  const text = (await readCapped(answer.body, SMALL_BODY_BYTES)).toString("utf8");
  const found = fieldsOf("health", parse(text)).address("provider");
  if (found === to.provider) return;
  throw new CairnError(`${to.endpoint.origin} is provider ${found}`, {
    code: "wrong-provider",
    kind: "unavailable",
    next: "Have the provider register the endpoint at which it answers.",
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new CairnError("the provider's answer is not JSON", { code: "bad-answer", kind: "unavailable", cause });
  }
}

/** One request over direct HTTP: the reply's body. @throws the ProviderRefusal that it answered, `unreachable`, `bad-answer` */
export async function requestDirectly(
  to: DirectProvider,
  body: Record<string, unknown>,
  timeoutSeconds: number,
  signal?: AbortSignal,
): Promise<Record<string, unknown>> {
  const text = Buffer.from(JSON.stringify(body));
  const answer = await callHttp({
    url: new URL("/v1/request", to.endpoint),
    method: "POST",
    headers: { "content-type": "application/json", "cairn-request": signedRequest(to, text) },
    body: text,
    idleSeconds: timeoutSeconds,
    ...(signal === undefined ? {} : { signal }),
    ...dial(to),
  });
  if (answer.status !== 200) throw await failureOf(answer, "the provider", ProviderRefusal);
  const reply = fieldsOf("answer", parse((await readCapped(answer.body, CONTROL_MESSAGE_BYTES)).toString("utf8")));
  if (!reply.flag("ok")) throw ProviderRefusal.fromJSON(reply.raw("error"));
  return reply.all;
}

/** Open a range read; the caller takes the body through `exactBody`. @throws the ProviderRefusal that it answered, `unreachable` */
export async function readDirectly(
  to: DirectProvider,
  deal: DealId,
  ticket: Signed<"ReadTicket">,
  capability: Signed<"ReadCapability">,
  signal?: AbortSignal,
): Promise<HttpAnswer> {
  const answer = await callHttp({
    url: new URL(`/v1/shards/${deal}`, to.endpoint),
    headers: {
      "cairn-ticket": inHeader(signedToJson(ticket)),
      "cairn-capability": inHeader(signedToJson(capability)),
    },
    ...(signal === undefined ? {} : { signal }),
    ...dial(to),
  });
  if (answer.status !== 200 && answer.status !== 206) throw await failureOf(answer, "the provider", ProviderRefusal);
  return answer;
}

/** Open a read of document ‖ manifest; header `cairn-document-size` parts them. */
export async function openManifestDirectly(
  to: DirectProvider,
  documentHash: Hex,
  capability: Signed<"ReadCapability">,
  signal?: AbortSignal,
): Promise<HttpAnswer> {
  const answer = await callHttp({
    url: new URL(`/v1/manifests/${documentHash}`, to.endpoint),
    headers: {
      "cairn-request": signedRequest(to, new Uint8Array()),
      "cairn-capability": inHeader(signedToJson(capability)),
    },
    ...(signal === undefined ? {} : { signal }),
    ...dial(to),
  });
  if (answer.status !== 200) throw await failureOf(answer, "the provider", ProviderRefusal);
  return answer;
}
