import { createLazyRoute, Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { Card, Page, Waiting } from "../../kit/index.ts";
import { Pick } from "../../uploads/pick.tsx";
import { take } from "../../uploads/uploads.ts";
import { welcome as words } from "../../words/keys.ts";
import { KeyStep } from "./key-step.tsx";
import { PhraseStep } from "./phrase-step.tsx";
import { welcomeRoute } from "./route.ts";
import { firstOf, STEPS, type Step } from "./steps.ts";
import { useDone } from "./use-done.ts";
import { WalletStep } from "./wallet-step.tsx";

function Welcome() {
  const done = useDone();
  const { step } = welcomeRoute.useSearch();
  // Chosen once: a key that is made there is shown there, with its copies.
  const [first, setFirst] = useState<Step>();
  if (first === undefined && done !== undefined) setFirst(firstOf(done));
  const at = step ?? first;
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
            {words.step(index + 1, words.names[one], done?.[one] === true)}
          </Link>
        ))}
      </nav>
      {at === undefined ? (
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
