import {
  CairnError,
  type ErrorBody,
  type ErrorKind,
  type Hex,
  type Message,
  messageFromJson,
  messageToJson,
} from "@cairn/core";
import { badMessage, type Fields, fieldsOf } from "./fields.ts";

/** A control connection's message after the hello. */
export type Frame =
  | { kind: "request"; id: string; body: Record<string, unknown> }
  | { kind: "reply"; re: string; body: Record<string, unknown> }
  | { kind: "failure"; re: string; error: CairnError };

const ID = /^[A-Za-z0-9-]{1,64}$/;
const KINDS = ["input", "auth", "missing", "conflict", "unavailable", "exhausted", "corrupt", "internal"];

/** An error that a peer sent: its texts are cut, so that a hostile one cannot fill logs or memory. */
export function errorFromJson(json: unknown): CairnError {
  const fields = fieldsOf("error", json);
  const text = (name: string, maximum: number) => {
    const value = fields.raw(name);
    return typeof value === "string" ? value.slice(0, maximum) : undefined;
  };
  const code = text("code", 64);
  const kind = text("kind", 16);
  const next = text("next", 500);
  const details = fields.raw("details");
  const body: ErrorBody = {
    code: code !== undefined && /^[a-z0-9-]+$/.test(code) ? code : "bad-error",
    kind: kind !== undefined && KINDS.includes(kind) ? (kind as ErrorKind) : "internal",
    message: text("message", 500) ?? "no message",
    ...(next === undefined ? {} : { next }),
    ...(typeof details === "object" && details !== null && JSON.stringify(details).length <= 65_536
      ? { details: details as Record<string, unknown> }
      : {}),
  };
  return CairnError.fromJSON(body);
}

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
    return { kind: "failure", re, error: errorFromJson(fields.raw("error")) };
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

/** The gateway's answer to a hello. @throws the CairnError that a `refused` carries. */
export function parseWelcome(text: string): void {
  const fields = parseJson(text, "welcome");
  const type = fields.raw("type");
  if (type === "refused") throw errorFromJson(fields.raw("error"));
  if (type !== "welcome") throw badMessage("welcome.type", '"welcome" or "refused"');
}
