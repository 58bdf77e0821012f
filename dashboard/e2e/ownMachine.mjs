/** The machine that the tests run on: its agent is ATLAS's own, the others are agents of 2.0. */
export async function ownMachine(page) {
  return page.evaluate(async () => {
    const { machines } = await (await fetch("/api/fleet/machines")).json();
    return machines.find((each) => each.agent.kind === "atlas").machine_id;
  });
}
