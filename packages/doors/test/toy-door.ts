import { Type } from "typebox";
import type { Door } from "../src/door.ts";

const Settings = Type.Object({ greeting: Type.Optional(Type.String({ minLength: 1, maxLength: 20 })) });
const Said = Type.Object({ text: Type.String({ maxLength: 100 }) });

/** A door to begin another one from: keeps what its clients say, and says it again with its greeting, over each way that a host offers. */
export const toyDoor: Door<typeof Settings> = {
  name: "toy",
  migrations: [
    {
      name: "0001-toy",
      sql: "create schema toy; create table toy.said (id bigint generated always as identity primary key, text text not null)",
    },
  ],
  settings: Settings,
  prefixes: ["/toy"],
  when: "needed",
  async open({ pool, settings: { greeting = "hello" }, onSettings }) {
    let greet = greeting;
    onSettings((changed) => {
      greet = changed.greeting ?? "hello";
    });
    let started = false;
    return {
      routes: [
        async (server) => {
          server.post("/toy/said", { schema: { hide: true, body: Said } }, async (request) => {
            const { text } = request.body as { text: string };
            const { rows } = await pool.query("insert into said (text) values ($1) returning id", [text]);
            return { id: rows[0].id, started };
          });
          server.get("/toy/said/:id", { schema: { hide: true } }, async (request) => {
            const { id } = request.params as { id: string };
            const { rows } = await pool.query("select text from said where id = $1", [id]);
            return { text: `${greet} ${rows[0]?.text}` };
          });
        },
      ],
      upgrades: [{ path: "/toy/socket", open: (socket) => socket.send(greet) }],
      h2: (_request, response) => void response.end(greet),
      async start() {
        started = true;
      },
      stop: async () => undefined,
    };
  },
};
