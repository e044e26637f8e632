import fastify from "fastify";
import { expect, it } from "vitest";
import { uploadRoutes } from "./upload-routes.ts";

const [MINE, THEIRS] = ["1".repeat(32), "2".repeat(32)];

it.each([
  ["keep", { pieces: [] }],
  ["complete", { root: "bafy", pieces: [{ length: 1 }], files: 1, bytes: 1 }],
])("asks %s of the package in its path, whatever package a body names", async (call, body) => {
  const asked: string[] = [];
  const act = async ({ id }: { id: string }) => {
    asked.push(id);
    throw new Error("seen");
  };
  const market = {
    async requirePackage({ id }: { id: string }) {
      if (id !== MINE) throw new Error("another account's");
    },
    keepUpload: act,
    completePackage: act,
  };
  const server = fastify();
  server.addHook("onRequest", async (request) => {
    request.principal = { account: "a" } as never;
  });
  uploadRoutes(server, { market } as never);
  const url = `/api/v1/packages/${MINE}/${call}`;
  await server.inject({ method: "POST", url, payload: { ...body, id: THEIRS } });
  expect(asked).toEqual([MINE]);
  await server.close();
});
