import { breathe } from "../breathe.ts";
import { RPC } from "../rpc-error.ts";
import { errorBody } from "./methods.ts";

export interface BatchLimits {
  /** Calls in one batch. */
  batch: number;
  /** Bytes of one answer; a batch that grows past it is answered with errors from there on. */
  answerBytes: number;
}

type CallOne = (method: string, params: unknown[]) => Promise<unknown>;

/** A request as it came, checked by `readRequest`. JSON-RPC 2.0, section 4. */
interface Request {
  /** JSON text of the id; undefined for a notification, which is carried out and never answered. */
  id: string | undefined;
  method: string;
  params: unknown;
}

function answerText(id: string, part: { result: unknown } | { error: unknown }): string {
  return `{"jsonrpc":"2.0","id":${id},${JSON.stringify(part).slice(1)}`;
}

function errorText(id: string, code: number, message: string): string {
  return answerText(id, { error: { code, message } });
}

/** A number as it was written, where a double does not hold it. */
class WrittenNumber {
  readonly source: string;

  constructor(source: string) {
    this.source = source;
  }
}

/** JSON text of an id: a string, a number as it was written, or null. Undefined when it is none of them. */
function idText(id: unknown): string | undefined {
  if (id === null || typeof id === "string" || typeof id === "number") return JSON.stringify(id);
  return id instanceof WrittenNumber ? id.source : undefined;
}

function readRequest(value: unknown): Request | { refusal: string } {
  const refuse = (id: string, reason: string) => ({
    refusal: errorText(id, RPC.invalidRequest, `invalid request: ${reason}`),
  });
  if (typeof value !== "object" || value === null || Array.isArray(value)) return refuse("null", "not an object");
  const { jsonrpc, id, method, params } = value as Record<string, unknown>;
  const given = Object.hasOwn(value, "id") ? idText(id) : undefined;
  if (given === undefined && Object.hasOwn(value, "id")) return refuse("null", "id must be a string, a number or null");
  if (jsonrpc !== "2.0") return refuse(given ?? "null", 'jsonrpc must be "2.0"');
  if (typeof method !== "string") return refuse(given ?? "null", "method must be a string");
  if (params !== undefined && typeof params !== "object") {
    return refuse(given ?? "null", "params must be a list");
  }
  return { id: given, method, params };
}

/** The answer to one request as text, or undefined for a notification. */
async function answerOne(value: unknown, call: CallOne): Promise<string | undefined> {
  const request = readRequest(value);
  if ("refusal" in request) return request.refusal;
  const { id, method, params } = request;
  let text: string;
  try {
    text = await perform(id ?? "null", method, params, call);
  } catch (error) {
    text = answerText(id ?? "null", { error: errorBody(error) });
  }
  return id === undefined ? undefined : text;
}

async function perform(id: string, method: string, params: unknown, call: CallOne): Promise<string> {
  if (params !== undefined && params !== null && !Array.isArray(params)) {
    return errorText(id, RPC.invalidParams, "params must be a list; parameters by name are not supported");
  }
  return answerText(id, { result: (await call(method, params ?? [])) ?? null });
}

/** Whether the id can be echoed as it was parsed. */
function isPlain(request: unknown): boolean {
  const id = typeof request === "object" && request !== null ? (request as { id?: unknown }).id : undefined;
  return typeof id !== "number" || Number.isSafeInteger(id);
}

function parse(body: string): unknown {
  const plain: unknown = JSON.parse(body);
  if (Array.isArray(plain) ? plain.every(isPlain) : isPlain(plain)) return plain;
  return JSON.parse(body, (key, value: unknown, context?: { source?: string }) =>
    key === "id" && typeof value === "number" ? new WrittenNumber(context?.source ?? String(value)) : value,
  );
}

/**
 * Answers a JSON-RPC 2.0 request or batch, given and returned as text; undefined when there is nothing to answer: notifications only. Never
 * throws, whatever came in.
 */
export async function answer(body: string, call: CallOne, limits: BatchLimits): Promise<string | undefined> {
  let request: unknown;
  try {
    request = parse(body);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return errorText("null", RPC.parse, "parse error");
  }
  if (!Array.isArray(request)) return await answerOne(request, call);
  if (request.length === 0) return errorText("null", RPC.invalidRequest, "invalid request: empty batch");
  if (request.length > limits.batch) {
    return errorText("null", RPC.limitExceeded, `batch of ${request.length} calls; at most ${limits.batch}`);
  }
  const answers: string[] = [];
  let size = 0;
  for (const one of request) {
    await breathe();
    const text = size > limits.answerBytes ? tooLarge(one) : await answerOne(one, call);
    if (text === undefined) continue;
    size += text.length;
    answers.push(text);
  }
  return answers.length === 0 ? undefined : `[${answers.join(",")}]`;
}

function tooLarge(value: unknown): string | undefined {
  const request = readRequest(value);
  if ("refusal" in request) return request.refusal;
  if (request.id === undefined) return undefined;
  return errorText(request.id, RPC.limitExceeded, "the batch's answer is too large");
}
