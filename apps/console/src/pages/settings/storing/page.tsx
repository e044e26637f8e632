import { useQuery } from "@tanstack/react-query";
import { createLazyRoute } from "@tanstack/react-router";
import { client } from "../../../api/client.ts";
import { Asked } from "../../../kit/index.ts";
import { settings as all, storing as words } from "../../../words/settings.ts";
import { Frame } from "../frame.tsx";
import { StoringForm } from "./form.tsx";

/** What the form starts from, read together; the form keeps it until it saves or is left. */
const readSaved = async () => {
  const [settings, notices] = await Promise.all([client.settings(), client.notices.settings()]);
  return { settings, notices };
};

function Storing() {
  const saved = useQuery({ queryKey: ["settings", "storing"], queryFn: readSaved });
  const network = useQuery({ queryKey: ["network"], queryFn: () => client.network() });
  return (
    <Frame title={all.title} lead={words.lead}>
      <Asked query={network}>
        {({ defaults }) => (
          <Asked query={saved}>{(found) => <StoringForm saved={found} read={readSaved} defaults={defaults} />}</Asked>
        )}
      </Asked>
    </Frame>
  );
}

export const page = createLazyRoute("/settings")({ component: Storing });
