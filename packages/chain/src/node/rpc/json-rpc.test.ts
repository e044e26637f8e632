import { describe, expect, it } from "vitest";
import { RPC, RpcError } from "../rpc-error.ts";
import { answer } from "./json-rpc.ts";

/** The rules of JSON-RPC 2.0 (jsonrpc.org/specification), on the text of requests and answers. */

const performed: string[] = [];

async function perform(method: string, params: unknown[]): Promise<unknown> {
  performed.push(method);
  if (method === "refuse") throw new RpcError(RPC.server, "no", { code: "chain-call-failed", kind: "input" });
  if (method === "break") throw new Error("secret internals");
  return method === "nothing" ? undefined : params;
}

const limits = { batch: 5, answerBytes: 500 };
const answered = (body: string): Promise<string | undefined> => answer(body, perform, limits);
const request = (rest: string): string => `{"jsonrpc":"2.0","method":"echo"${rest}}`;
const refusal = (code: number, id: unknown = null) =>
  expect.objectContaining({ id, error: expect.objectContaining({ code }) });

describe("a request", () => {
  it.each(["1", "0", "-7", '"x"', '""', "null", "1.5", "12345678901234567890", "1e400", "-0.1e-7"])(
    "is answered under its id as it was written: %s",
    async (id) => {
      expect(await answered(request(`,"id":${id}`))).toBe(`{"jsonrpc":"2.0","id":${id},"result":[]}`);
      expect(await answered(`[${request(`,"id":${id}`)}]`)).toBe(`[{"jsonrpc":"2.0","id":${id},"result":[]}]`);
    },
  );

  it.each([
    ["no text", "", -32700, null],
    ["half a text", '{"jsonrpc":"2.0",', -32700, null],
    ["two texts", "{}{}", -32700, null],
    ["a number", "1", -32600, null],
    ["null", "null", -32600, null],
    ["a text", '"foo"', -32600, null],
    ["nothing in it", "{}", -32600, null],
    ["no version", '{"id":1,"method":"echo"}', -32600, 1],
    ["another version", '{"jsonrpc":"1.0","id":1,"method":"echo"}', -32600, 1],
    ["a version as a number", '{"jsonrpc":2.0,"id":1,"method":"echo"}', -32600, 1],
    ["no method", '{"jsonrpc":"2.0","id":"a"}', -32600, "a"],
    ["a method that is no text", '{"jsonrpc":"2.0","id":1,"method":1}', -32600, 1],
    ["params that are neither list nor object", request(',"id":1,"params":"bar"'), -32600, 1],
    ["params by name", request(',"id":1,"params":{"a":1}'), -32602, 1],
    ["an id that is a list", request(',"id":[1]'), -32600, null],
    ["an id that is an object", request(',"id":{}'), -32600, null],
    ["an id that is true", request(',"id":true'), -32600, null],
    ["an empty batch", "[]", -32600, null],
    ["too large a batch", `[${Array(6).fill(request(',"id":1')).join(",")}]`, -32005, null],
  ])("with %s is refused", async (_, body, code, id) => {
    expect(JSON.parse((await answered(body)) ?? "")).toEqual({
      jsonrpc: "2.0",
      id,
      error: { code, message: expect.any(String) },
    });
  });

  it("may leave its params out, or null", async () => {
    expect(await answered(request(',"id":1'))).toMatch(/"result":\[\]/);
    expect(await answered(request(',"id":1,"params":null'))).toMatch(/"result":\[\]/);
    expect(await answered(request(',"id":1,"params":[null]'))).toMatch(/"result":\[null\]/);
  });

  it("has null for nothing, the method's own refusal, and no internals of a failure", async () => {
    expect(await answered('{"jsonrpc":"2.0","id":1,"method":"nothing"}')).toMatch(/"result":null/);
    expect(await answered('{"jsonrpc":"2.0","id":1,"method":"refuse"}')).toBe(
      '{"jsonrpc":"2.0","id":1,"error":{"code":-32000,"message":"no"}}',
    );
    expect(await answered('{"jsonrpc":"2.0","id":1,"method":"break"}')).not.toMatch(/secret/);
  });
});

describe("a notification", () => {
  it.each(["echo", "refuse", "break", "nothing"])("is carried out and never answered: %s", async (method) => {
    performed.length = 0;
    const notification = `{"jsonrpc":"2.0","method":"${method}","params":[]}`;
    expect(await answered(notification)).toBeUndefined();
    expect(await answered(`[${notification},${notification}]`)).toBeUndefined();
    expect(performed).toEqual([method, method, method]);
  });

  it("with params by name is not answered either", async () => {
    expect(await answered(request(',"params":{"a":1}'))).toBeUndefined();
  });
});

describe("a batch", () => {
  it("answers what asks for an answer, in order, and each piece that is no request", async () => {
    const body = `[${request(',"id":1,"params":[1]')},${request("")},1,[],${request(',"id":"2"')}]`;
    expect(JSON.parse((await answered(body)) ?? "")).toEqual([
      { jsonrpc: "2.0", id: 1, result: [1] },
      refusal(-32600),
      refusal(-32600),
      { jsonrpc: "2.0", id: "2", result: [] },
    ]);
  });

  it("is cut off where its answer grows too large, with an error for each that is left", async () => {
    const long = request(`,"id":1,"params":["${"x".repeat(600)}"]`);
    const answers = JSON.parse((await answered(`[${long},${long},${request("")}]`)) ?? "");
    expect(answers).toEqual([expect.objectContaining({ id: 1, result: expect.anything() }), refusal(-32005, 1)]);
  });
});
