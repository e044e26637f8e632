import { CairnError } from "@cairn/protocol/errors";
import pg from "pg";
import { describeTarget } from "./open-database.ts";
import { rolePassword } from "./role-password.ts";

const LOCK_FAMILY = 0x6361_6972;
const CREATION_LOCK = 2;
const NAME = /^[a-z_][a-z0-9_]{0,62}$/;

function checkName(what: string, name: string): void {
  if (NAME.test(name)) return;
  throw new CairnError(`${JSON.stringify(name)} is not a usable ${what} name`, {
    code: "bad-database-name",
    kind: "input",
    next: "Use lower-case letters, digits and underscores, at most 63, not beginning with a digit.",
  });
}

/**
 * Make the database `name`, owned by the login role `role` and closed to other roles, unless both exist, and return how to
 * connect as that role. The role's password is derived from the administrator's; without one (the server trusts the
 * connection), the role gets none. Safe to call from several processes at once.
 *
 * @param admin - Connects to any database of the server as a role that may create roles and databases.
 * @throws CairnError `database-not-created` with the server's reason; `bad-database-name`
 */
export async function ensureDatabase(admin: pg.PoolConfig, name: string, role: string): Promise<pg.PoolConfig> {
  checkName("database", name);
  checkName("role", role);
  const client = new pg.Client(admin);
  // A cut connection also fails the query that is under way, which is where it is reported.
  client.on("error", () => undefined);
  const secret = client.password;
  const password = typeof secret === "string" && secret !== "" ? rolePassword(secret, role) : undefined;
  try {
    await client.connect();
    await client.query("SELECT pg_advisory_lock($1, $2)", [LOCK_FAMILY, CREATION_LOCK]);
    const roles = await client.query("SELECT 1 FROM pg_roles WHERE rolname = $1", [role]);
    if (roles.rowCount === 0) await client.query(`CREATE ROLE ${role} LOGIN`);
    if (password !== undefined) await client.query(`ALTER ROLE ${role} PASSWORD '${password}'`);
    const databases = await client.query("SELECT 1 FROM pg_database WHERE datname = $1", [name]);
    if (databases.rowCount === 0) {
      // An administrator that is no superuser may only give to roles that it is a member of.
      const { rows } = await client.query<{ rolsuper: boolean }>(
        "SELECT rolsuper FROM pg_roles WHERE rolname = current_user",
      );
      if (rows[0]?.rolsuper !== true && role !== client.user) await client.query(`GRANT ${role} TO CURRENT_USER`);
      await client.query(`CREATE DATABASE ${name} OWNER ${role} TEMPLATE template0 ENCODING 'UTF8'`);
    }
    await client.query(`REVOKE ALL ON DATABASE ${name} FROM PUBLIC`);
  } catch (error) {
    throw new CairnError(`cannot make the database ${name} at ${describeTarget(admin)}: ${(error as Error).message}`, {
      code: "database-not-created",
      kind: "unavailable",
      next: "Give a DATABASE_URL whose user may create databases and roles (CREATEDB, CREATEROLE).",
      cause: error,
    });
  } finally {
    await client.end();
  }
  const { host: _host, connectionString: _url, password: _password, ...rest } = admin;
  return {
    ...rest,
    host: client.host,
    port: client.port,
    database: name,
    user: role,
    ...(password === undefined ? {} : { password }),
  };
}
