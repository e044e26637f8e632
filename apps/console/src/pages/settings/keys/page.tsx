import { createLazyRoute, Link } from "@tanstack/react-router";
import { useState } from "react";
import { Backup } from "../../../keys/backup.tsx";
import { countdown } from "../../../keys/key-lamp.tsx";
import {
  forgetKey,
  type HeldOwner,
  lock,
  lockMinutes,
  MINUTES,
  openOwner,
  setLockMinutes,
  useKeysState,
} from "../../../keys/keys.ts";
import { Act, Button, Card, Choice, Confirm, Empty, Facts, State, Time, useNow, Waiting } from "../../../kit/index.ts";
import { backup, keys as words } from "../../../words/keys.ts";
import { keysSettings } from "../../../words/keys-settings.ts";
import { Frame } from "../frame.tsx";
import { PhraseCard } from "./phrase-card.tsx";
import { WalletsCard } from "./wallets-card.tsx";

/** What opens and signs, and where it is. */
function Keys() {
  const state = useKeysState();
  return (
    <Frame title={keysSettings.title} lead={keysSettings.lead}>
      {state.at === "opening" ? (
        <Waiting />
      ) : state.at === "none" ? (
        <Card title={keysSettings.browser}>
          <Empty
            title={words.none.title}
            action={
              <Link className="button" data-kind="main" to="/welcome">
                {words.none.action}
              </Link>
            }
          >
            {words.none.body}
          </Empty>
        </Card>
      ) : (
        <Held held={state.held} openUntil={state.openUntil} />
      )}
      <WalletsCard />
    </Frame>
  );
}

function Held({ held, openUntil }: { held: HeldOwner; openUntil: number | null }) {
  const [forgetting, setForgetting] = useState(false);
  return (
    <>
      <Card title={keysSettings.browser}>
        <div className="stack">
          {openUntil === null ? (
            <State mood="good" next={words.lockedNext}>
              {words.locked}
            </State>
          ) : (
            <Open until={openUntil} />
          )}
          <Facts
            of={[
              [words.facts.owner, held.userId],
              [words.facts.fingerprint, <code key="f">{held.fingerprint.replace(/(.{4})(?=.)/g, "$1 ")}</code>],
              [words.facts.wallet, <code key="w">{held.address}</code>],
              [words.facts.saved, held.savedAt === null ? words.notSaved : <Time key="s" at={held.savedAt / 1000} />],
            ]}
          />
          <div className="row">
            {openUntil === null ? (
              <Button kind="main" onClick={() => void openOwner("").catch(() => undefined)}>
                {words.unlock}
              </Button>
            ) : (
              <Act kind="main" act={lock}>
                {words.lock}
              </Act>
            )}
            <Minutes />
            <Button className="right" onClick={() => setForgetting(true)}>
              {words.forget.action}
            </Button>
          </div>
        </div>
      </Card>
      <Card title={backup.title}>
        <div className="stack">
          <p>{backup.body}</p>
          <Backup held={held} />
        </div>
      </Card>
      <PhraseCard held={held} />
      <Confirm
        title={words.forget.title}
        open={forgetting}
        onClose={() => setForgetting(false)}
        act={words.forget.action}
        name={words.forget.word}
        danger
        onConfirm={forgetKey}
      >
        {words.forget.body}
      </Confirm>
    </>
  );
}

function Open({ until }: { until: number }) {
  const now = useNow(1);
  return <State mood="warn">{words.open(countdown(until, now))}</State>;
}

function Minutes() {
  const [minutes, setMinutes] = useState(lockMinutes);
  return (
    <Choice
      label={words.minutes}
      value={String(minutes)}
      choices={MINUTES.map((one) => [String(one), words.minute(one)] as const)}
      onChange={(value) => {
        setLockMinutes(Number(value));
        setMinutes(Number(value));
      }}
    />
  );
}

export const page = createLazyRoute("/settings/keys")({ component: Keys });
