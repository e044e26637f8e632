import { createReadStream, createWriteStream } from "node:fs";
import { rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Door } from "@cairn/doors";
import { putOnce, readFile, streamSource } from "@cairn/owner";
import { Type } from "typebox";

const Settings = Type.Object({ days: Type.Optional(Type.Number({ exclusiveMinimum: 0, maximum: 3650 })) });
interface Upload {
  user: string;
  name: string;
}

/** A door that keeps files for users without keys: each upload is a public package, put by a durable job, and served by name and by block. */
export const door: Door<typeof Settings> = {
  name: "shelf",
  migrations: [{ name: "0001-shelf", sql: "create schema shelf" }],
  settings: Settings,
  prefixes: ["/shelf"],
  when: "needed",
  async open({ engine, directory, settings: { days = 30 } }) {
    const { house, jobs, market } = engine!;
    const spooled = (id: string) => join(directory, id);
    const idOf = ({ user, name }: Upload) => Buffer.from(`${user}/${name}`).toString("base64url");
    return {
      routes: [
        async (server) => {
          server.put("/shelf/:user/:name", { bodyLimit: 2 ** 30, schema: { hide: true } }, async (request) => {
            const upload = request.params as Upload;
            await pipeline(request.body as Readable, createWriteStream(spooled(idOf(upload))));
            const { account } = await house(upload.user);
            return jobs.add({ id: idOf(upload), account, kind: "keep", request: upload });
          });
          server.get("/shelf/:user/:name/job", { schema: { hide: true } }, async (request) => {
            const upload = request.params as Upload;
            return jobs.find({ id: idOf(upload), account: (await house(upload.user)).account });
          });
          server.get("/shelf/:user/:name", { schema: { hide: true } }, async (request, reply) => {
            const { user, name } = request.params as Upload;
            const target = `${name}/${name}`;
            return reply.send(Readable.from(await readFile(await house(user), { target, signal: request.signal })));
          });
          server.get("/shelf/blocks/:cid", { schema: { hide: true } }, async (request, reply) =>
            reply.send(Readable.from(market.readPublicBlocks({ cids: [(request.params as { cid: string }).cid] }))),
          );
        },
      ],
      jobs: {
        async keep(job, { signal }) {
          const { user, name } = job.request as Upload;
          // What an earlier turn has stored is not read again, and may be gone.
          const { size } = await stat(spooled(job.id)).catch(() => ({ size: 0 }));
          const bytes = Readable.from(size === 0 ? [] : createReadStream(spooled(job.id)));
          const shape = { k: 2, n: 4, days, placement: {} };
          const source = streamSource(name, [{ path: name, size, bytes }]);
          const stored = await putOnce(await house(user), {
            source,
            shape,
            layout: "unencrypted",
            public: true,
            signal,
          });
          await rm(spooled(job.id), { force: true });
          return { done: stored };
        },
      },
      start: async () => undefined,
      stop: async () => undefined,
    };
  },
};
