// What an attacker with made-up providers wins of packages of 2-of-4, and what it must pay and keep for it (packages/core/src/testing/sybil-model.ts).
import { runScenario, SCENARIOS } from "@cairn/core/testing/sybil-model";

const percent = (share: number) => `${Math.round(share * 100)} %`;
process.stdout.write(
  "| honest (with history) | sybils | how they came by theirs | hold k of n | owner warned | paid to itself | kept for others |\n|---|---|---|---|---|---|---|\n",
);
for (const scenario of SCENARIOS) {
  const { honest, served, sybils, attack } = scenario;
  const outcome = runScenario(scenario, sybils > 100 ? 5 : 100);
  const how = "periods" in attack ? `${attack.kind}, ${attack.periods} periods` : attack.kind;
  const owners = "owners" in attack ? ` by ${attack.owners} owners` : "";
  process.stdout.write(
    `| ${honest} (${served}) | ${sybils} | ${how}${owners} | ${percent(outcome.taken)} | ${percent(outcome.warned)} | ${outcome.paidShardPeriods} | ${outcome.servedShardPeriods} |\n`,
  );
}
