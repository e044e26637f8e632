import { createLazyRoute, Link } from "@tanstack/react-router";
import { useState } from "react";
import { Backup } from "../../keys/backup.tsx";
import { countdown } from "../../keys/key-lamp.tsx";
import {
  forgetKey,
  type HeldOwner,
  lock,
  lockMinutes,
  MINUTES,
  openOwner,
  setLockMinutes,
  useKeysState,
} from "../../keys/keys.ts";
import { Button, Card, Choice, Confirm, Empty, Facts, Page, State, Time, useNow, Waiting } from "../../kit/index.ts";
import { backup, keys as words } from "../../words/keys.ts";

function Keys() {
  const state = useKeysState();
  return (
    <Page title={words.title} lead={words.lead}>
      {state.at === "opening" ? (
        <Waiting />
      ) : state.at === "none" ? (
        <Card>
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
    </Page>
  );
}

function Held({ held, openUntil }: { held: HeldOwner; openUntil: number | null }) {
  const [forgetting, setForgetting] = useState(false);
  return (
    <>
      <Card>
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
              <Button kind="main" onClick={() => void lock()}>
                {words.lock}
              </Button>
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

export const page = createLazyRoute("/keys")({ component: Keys });
