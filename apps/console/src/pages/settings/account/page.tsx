import { createLazyRoute } from "@tanstack/react-router";
import { Card, Facts } from "../../../kit/index.ts";
import { useWho } from "../../../session/session.ts";
import { account as words } from "../../../words/account.ts";
import { Frame } from "../frame.tsx";
import { LimitsCard } from "./limits-card.tsx";
import { PasswordCard } from "./password-card.tsx";
import { SessionsCard } from "./sessions-card.tsx";
import { TokensCard } from "./tokens-card.tsx";
import { InvitesCard, PolicyCard, UsersCard } from "./users-card.tsx";

function Account() {
  const who = useWho();
  const may = (scope: (typeof who.scopes)[number]) => who.scopes.includes(scope);
  return (
    <Frame title={words.title} lead={words.lead}>
      <div className="columns">
        <Card title={words.you.title}>
          <Facts
            of={[
              [words.you.user, who.user?.name ?? words.none],
              [words.you.account, <code key="account">{who.account}</code>],
              [words.you.role, who.user === null ? words.none : words.you.roles[who.user.role]],
              [words.you.scopes, who.scopes.map((one) => words.you.scopesOf[one]).join(", ")],
            ]}
          />
        </Card>
        <PasswordCard name={who.user?.name} />
      </div>
      <SessionsCard />
      <TokensCard may={who.scopes} />
      <LimitsCard />
      {may("admin") ? <UsersCard who={who} /> : null}
      {may("admin") ? <InvitesCard who={who} /> : null}
      {may("operate") ? <PolicyCard /> : null}
    </Frame>
  );
}

export const page = createLazyRoute("/settings/account")({ component: Account });
