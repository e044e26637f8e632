import { createLazyRoute, Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useKeysState } from "../../keys/keys.ts";
import { Card, Page, Waiting } from "../../kit/index.ts";
import { Pick } from "../../uploads/pick.tsx";
import { take } from "../../uploads/uploads.ts";
import { welcome as words } from "../../words/keys.ts";
import { KeyStep } from "./key-step.tsx";
import { PhraseStep } from "./phrase-step.tsx";
import { STEPS, welcomeRoute } from "./route.ts";
import { WalletStep } from "./wallet-step.tsx";

type Step = (typeof STEPS)[number];

function Welcome() {
  const keys = useKeysState();
  const { step } = welcomeRoute.useSearch();
  const held = keys.at === "held";
  // Where the guide begins: a key that is made there is shown there, with its copies.
  const [first, setFirst] = useState<Step>();
  if (first === undefined && keys.at !== "opening") setFirst(held ? "wallet" : "key");
  const at = step ?? first ?? "key";
  return (
    <Page
      title={words.title}
      lead={words.lead}
      actions={
        <Link className="button" to="/">
          {words.skip}
        </Link>
      }
    >
      <nav className="steps" aria-label={words.steps}>
        {STEPS.map((one, index) => (
          <Link key={one} to="/welcome" search={{ step: one }} aria-current={one === at ? "step" : undefined}>
            {words.step(index + 1, words.names[one], one === "key" && held)}
          </Link>
        ))}
      </nav>
      {keys.at === "opening" ? (
        <Waiting />
      ) : at === "key" ? (
        <KeyStep />
      ) : at === "wallet" ? (
        <WalletStep />
      ) : at === "phrase" ? (
        <PhraseStep />
      ) : (
        <FolderStep />
      )}
    </Page>
  );
}

function FolderStep() {
  const navigate = useNavigate();
  return (
    <Card title={words.folder.title}>
      <div className="drop-zone">
        <p>{words.folder.body}</p>
        <Pick
          onTaken={(taken) => {
            void take(taken);
            void navigate({ to: "/upload" });
          }}
        />
      </div>
    </Card>
  );
}

export const page = createLazyRoute("/welcome")({ component: Welcome });
