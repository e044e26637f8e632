import { CairnError, ProviderRefusal } from "../errors.ts";
import type { Message } from "../typed-data.ts";
import { messageFromJson, messageToJson } from "../typed-json.ts";
import type { Hex } from "../words.ts";
import { badMessage, type Fields, fieldsOf } from "./fields.ts";

/** A control connection's message after the hello. */
export type Frame =
  | { kind: "request"; id: string; body: Record<string, unknown> }
  | { kind: "reply"; re: string; body: Record<string, unknown> }
  | { kind: "failure"; re: string; error: ProviderRefusal };

const ID = /^[A-Za-z0-9-]{1,64}$/;
const SESSION = /^[0-9a-f]{32}$/;

function parseJson(text: string, where: string): Fields {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new CairnError(`${where} is not JSON`, { code: "bad-message", kind: "input", cause });
  }
  return fieldsOf(where, json);
}

export function parseFrame(text: string): Frame {
  const fields = parseJson(text, "message");
  if (fields.raw("re") !== undefined) {
    const re = fields.text("re", ID, 64);
    if (fields.flag("ok")) return { kind: "reply", re, body: fields.all };
    return { kind: "failure", re, error: ProviderRefusal.fromJSON(fields.raw("error")) };
  }
  return { kind: "request", id: fields.text("id", ID, 64), body: fields.all };
}

export interface SignedHello {
  message: Message<"Hello">;
  signature: Hex;
}

export function helloToJson(hello: SignedHello): Record<string, unknown> {
  return { type: "hello", ...messageToJson(hello.message), signature: hello.signature };
}

export function parseHello(text: string): SignedHello {
  const fields = parseJson(text, "hello");
  if (fields.raw("type") !== "hello") throw badMessage("hello.type", '"hello"');
  return { message: messageFromJson("Hello", fields.all), signature: fields.signature("signature") };
}

/** The gateway's answer to a hello: the session of this connection. @throws the CairnError that a `refused` carries. */
export function parseWelcome(text: string): string {
  const fields = parseJson(text, "welcome");
  const type = fields.raw("type");
  if (type === "refused") throw CairnError.fromJSON(fields.raw("error"));
  if (type !== "welcome") throw badMessage("welcome.type", '"welcome" or "refused"');
  return fields.text("session", SESSION, 32);
}
