import { createLazyRoute } from "@tanstack/react-router";
import { notices as words } from "../../../words/notices.ts";
import { Frame } from "../frame.tsx";
import { KindsCard } from "./kinds-card.tsx";
import { MailCard } from "./mail-card.tsx";
import { WebhooksCard } from "./webhooks-card.tsx";

const Notices = () => (
  <Frame title={words.title} lead={words.lead}>
    <KindsCard />
    <WebhooksCard />
    <MailCard />
  </Frame>
);

export const page = createLazyRoute("/settings/notices")({ component: Notices });
