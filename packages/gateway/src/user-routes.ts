import {
  addUser,
  changePassword,
  createInvite,
  findUser,
  listInvites,
  listUsers,
  type Principal,
  type Role,
  removeUser,
  type User,
  withdrawInvite,
} from "@cairn/accounts";
import {
  DoneJson,
  InvitesJson,
  MadeInviteJson,
  NewInviteJson,
  NewUserJson,
  PasswordJson,
  UserJson,
  UserNameText,
  UserPageJson,
} from "@cairn/client";
import { EntranceRefusal } from "@cairn/process/entrances";
import type { FastifyPluginAsync, FastifyRequest } from "fastify";
import { type Static, Type } from "typebox";
import { DONE, IdParams } from "./account-route.ts";
import type { GatewayContext } from "./gateway-context.ts";
import { principalOf } from "./principal-of.ts";
import { sessionNeeded } from "./session-needed.ts";

const about = (summary: string) => ({ summary, tags: ["users"] });
const config = { scope: "admin" } as const;
const Named = Type.Object({ name: UserNameText });
const Page = Type.Object({
  after: Type.Optional(UserNameText),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000 })),
});

/** Users and invites: those of the account, and with the scope `operate` those of the gateway. */
export function userRoutes({ accounts, vaults }: GatewayContext): FastifyPluginAsync {
  /** The user, if the caller may change it: its account's, but for operators, who answer to operators alone. */
  async function changeable(request: FastifyRequest): Promise<User> {
    const principal = principalOf(request);
    const { name } = request.params as Static<typeof Named>;
    const user = await findUser(accounts.pool, name, operates(principal) ? undefined : principal.account);
    requireMayGive(principal, user.role, true);
    return user;
  }

  return async (server) => {
    server.get(
      "/api/v1/users",
      {
        config,
        schema: {
          ...about("A page of the account's users by name; of the gateway's, for operators"),
          querystring: Page,
          response: { 200: UserPageJson },
        },
      },
      async (request) => {
        const principal = principalOf(request);
        const page = request.query as Static<typeof Page>;
        return listUsers(accounts.pool, {
          ...page,
          ...(operates(principal) ? {} : { account: principal.account }),
        });
      },
    );

    server.post(
      "/api/v1/users",
      {
        config,
        schema: {
          ...about("Add a user to the account; operators also with an account of its own"),
          body: NewUserJson,
          response: { 200: UserJson },
        },
      },
      async (request) => {
        const principal = principalOf(request);
        const { name, password, role, joins } = request.body as NewUserJson;
        requireGiver(principal, role, joins);
        return addUser(accounts, { name, password, role, ...(joins ? { account: principal.account } : {}) });
      },
    );

    server.delete(
      "/api/v1/users/:name",
      {
        config,
        schema: {
          ...about("End a user, its sessions, tokens and invites; the vaults that it opened lock"),
          params: Named,
          response: { 200: UserJson },
        },
      },
      async (request) => {
        const { id, account } = await changeable(request);
        const removed = await removeUser(accounts, { named: id, account });
        vaults.lockOpenedBy({ user: id });
        return removed;
      },
    );

    server.put(
      "/api/v1/users/:name/password",
      {
        config,
        schema: {
          ...about(
            "Give a user another password; its sessions end, and its account is told if an operator of another does it",
          ),
          params: Named,
          body: PasswordJson,
          response: { 200: DoneJson },
        },
      },
      async (request) => {
        const { id, account, role } = await changeable(request);
        const principal = principalOf(request);
        requireGiver(principal, role, true);
        const { password } = request.body as Static<typeof PasswordJson>;
        await changePassword(accounts, { named: id, account, password, byOperator: account !== principal.account });
        vaults.lockOpenedBy({ user: id });
        return DONE;
      },
    );

    server.get(
      "/api/v1/invites",
      { config, schema: { ...about("The account's open invites"), response: { 200: InvitesJson } } },
      async (request) => listInvites(accounts, principalOf(request).account),
    );

    server.post(
      "/api/v1/invites",
      {
        config,
        schema: {
          ...about("Invite somebody: the code is answered once, and is good for one user"),
          body: NewInviteJson,
          response: { 200: MadeInviteJson },
        },
      },
      async (request) => {
        const principal = principalOf(request);
        const invite = request.body as NewInviteJson;
        requireGiver(principal, invite.role, invite.joins);
        const { label, role, joins, days } = invite;
        const asked = { maker: principal, label, role, joins };
        return createInvite(accounts, { ...asked, ...(days === undefined ? {} : { days }) });
      },
    );

    server.delete(
      "/api/v1/invites/:id",
      { config, schema: { ...about("Withdraw an invite"), params: IdParams, response: { 200: DoneJson } } },
      async (request) => {
        const { id } = request.params as Static<typeof IdParams>;
        await withdrawInvite(accounts, { id, madeBy: principalOf(request).account });
        return DONE;
      },
    );
  };
}

const operates = ({ scopes }: Principal): boolean => scopes.includes("operate");

/**
 * Users, their passwords and invites are given out by users that are logged in, and by the home's own token. What another token made would outlast it.
 * @throws CairnError `scope-missing`, `session-needed`
 */
function requireGiver(principal: Principal, role: Role, joins: boolean): void {
  requireMayGive(principal, role, joins);
  if (principal.via === "token" && principal.home !== true) throw sessionNeeded();
}

/** Accounts are made by operators, and operators by operators, in their own account: nobody gives more than it has. */
function requireMayGive(principal: Principal, role: Role, joins: boolean): void {
  if (operates(principal) || (role !== "operator" && joins)) return;
  throw new EntranceRefusal(
    role === "operator" ? "operators answer to operators alone" : "only an operator gives out accounts",
    {
      code: "scope-missing",
      kind: "auth",
      status: 403,
      details: { scope: "operate" },
      next: "Ask an operator of this gateway, or name a member or owner of your own account.",
    },
  );
}
