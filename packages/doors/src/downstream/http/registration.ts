import type { Scheme } from "../scheme.ts";
import { verifyBitcoinMessage } from "./bitcoin-message.ts";
import { type Call, countTraffic, jsonBody, sendJson, tokenOf } from "./call.ts";
import { Refusal, TEXTS } from "./refusal.ts";

/** A message of 1024 characters, each written as two \u escapes, and what stands around it. */
const bodyBytes = (characters: number) => 12 * characters + 4096;
const SIGNATURE_CHARACTERS = 88;

function sendToken(call: Call, { token, scheme }: { token: string; scheme: Scheme }) {
  const heartbeat = JSON.stringify(call.door.node.heartbeat(scheme));
  return sendJson(call, `{"token":"${token}","type":"${scheme}","heartbeat":${heartbeat}}`);
}

/** `GET` and `POST /new/<address>`. */
export async function newToken(call: Call, address: string): Promise<unknown> {
  const { door, ip } = call;
  const { settings } = door.node;
  countTraffic(call, "registrations");
  const proof = settings.requireSignature || settings.requireNonce ? await signedMessage(call, address) : undefined;
  return sendToken(call, await door.node.register(address, ip, proof));
}

async function signedMessage(call: Call, address: string): Promise<{ message: string; signature: string }> {
  if (call.request.method !== "POST") throw new Refusal(400, TEXTS.signatureRequired);
  const maxCharacters = call.door.node.settings.maxMessageLength;
  const tooLong = () => new Refusal(400, TEXTS.messageTooLong(maxCharacters));
  const isJson = /^application\/(.*\+)?json$/.test(mediaTypeOf(call));
  const body = await jsonBody(call, bodyBytes(maxCharacters), tooLong);
  if (!isJson || typeof body !== "object" || body === null || !("signature" in body) || !("message" in body)) {
    throw new Refusal(400, TEXTS.registrationBody);
  }
  const { message, signature } = body;
  if (typeof message !== "string") throw new Refusal(400, TEXTS.signatureInvalid);
  if (message.length > maxCharacters && [...message].length > maxCharacters) throw tooLong();
  if (typeof signature !== "string") throw new Refusal(400, TEXTS.signatureInvalid);
  if (signature.length !== SIGNATURE_CHARACTERS) throw new Refusal(400, TEXTS.signatureLength);
  // The database takes any text but this character.
  if (message.includes("\0") || !verifyBitcoinMessage(address, message, signature)) {
    throw new Refusal(400, TEXTS.signatureInvalid);
  }
  return { message, signature };
}

/** What Content-Type says the body is, without parameters; from the raw headers, as the server does not see this one. */
function mediaTypeOf({ request }: Call): string {
  const { rawHeaders } = request.raw;
  const at = rawHeaders.findIndex((text, index) => index % 2 === 0 && text.toLowerCase() === "content-type");
  const [media = ""] = (at === -1 ? "" : (rawHeaders[at + 1] ?? "")).split(";", 1);
  return media.trim().toLowerCase();
}

/** `GET /heartbeat/<token>`. */
export async function heartbeat(call: Call, text: string): Promise<unknown> {
  const token = tokenOf(text, 404);
  const { scheme } = await call.door.node.find(token);
  return sendToken(call, { token, scheme });
}

/** `GET /nonce/<address>`: what to sign for a registration that is good at this node only. */
export async function nonce(call: Call, address: string): Promise<unknown> {
  countTraffic(call, "registrations");
  const { message, expiresInSeconds } = await call.door.node.issueNonce(address);
  return sendJson(call, JSON.stringify({ message, expires_in: expiresInSeconds }));
}

/** The token that a request carries in its Authorization header. @throws Refusal 401 */
export function bearerToken({ request }: Call): string {
  const [, token] = /^Bearer +([^ ]+) *$/i.exec(request.headers.authorization ?? "") ?? [];
  if (token === undefined) throw new Refusal(401, TEXTS.bearerRequired, { "www-authenticate": "Bearer" });
  return tokenOf(token, 401);
}

/** `POST /token`: the token in the header is replaced by the one in the answer. */
export async function rotateToken(call: Call): Promise<unknown> {
  return sendToken(call, await call.door.node.rotate(bearerToken(call)));
}

/** `DELETE /token`: the token in the header ends, and its contracts with it. */
export async function deleteToken(call: Call): Promise<unknown> {
  await call.door.node.remove(bearerToken(call));
  return sendJson(call, '{"status":"ok"}');
}
