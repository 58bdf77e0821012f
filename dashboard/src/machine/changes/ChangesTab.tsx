// What changed on a machine, the newest first: programs, services, protection, what is plugged in.
import { useQuery } from "@tanstack/react-query";
import { fetchChanges } from "../../api/sections";
import type { ChangedItemView, SectionChangeView } from "../../api/wire";
import { exactTime, parseTime_s, sinceTime } from "../../format/times";
import { serverNow_s } from "../../live/serverClock";
import { Nothing, Part } from "../Part";
import { sectionTitle } from "../sectionTitle";
import type { TabProps } from "../tabProps";
import styles from "./ChangesTab.module.css";

export function ChangesTab({ machine }: TabProps) {
  const id = machine.machine_id;
  const changes = useQuery({ queryKey: ["changes", id], queryFn: ({ signal }) => fetchChanges(id, signal), refetchInterval: 60_000 });
  const list = changes.data?.changes ?? [];
  return (
    <Part title="What changed" note={list.length === 0 ? undefined : "the newest first"}>
      {changes.error && <Nothing>This can't be shown: {changes.error.message}</Nothing>}
      {changes.data && list.length === 0 && <Nothing>Nothing has changed since it was first looked at.</Nothing>}
      <ol className={styles.changes}>
        {list.map((change, index) => (
          // Two sections may change at the same moment.
          <li key={`${change.at} ${change.section} ${index}`}><Change change={change} /></li>
        ))}
      </ol>
    </Part>
  );
}

function Change({ change }: { change: SectionChangeView }) {
  const at_s = parseTime_s(change.at);
  return (
    <>
      <time dateTime={change.at} title={exactTime(at_s)}>{at_s === null ? "–" : sinceTime(at_s, serverNow_s())}</time>
      <strong>{sectionTitle(change.section)}</strong>
      <ul>
        {change.added.map((each) => <Item key={`+ ${each.item}`} sign="+" word="new" item={each} />)}
        {change.removed.map((each) => <Item key={`- ${each.item}`} sign="−" word="gone" item={each} />)}
        {change.changed.map((each) => <Item key={`~ ${each.item}`} sign="→" word="changed" item={each} />)}
        {change.more > 0 && <li className={styles.more}>{`and ${change.more} more`}</li>}
      </ul>
    </>
  );
}

function Item({ sign, word, item }: { sign: string; word: string; item: ChangedItemView }) {
  const values = [item.before, item.after].filter((each) => each !== null && each !== "");
  return (
    <li>
      <span className={styles.sign} aria-hidden="true">{sign}</span>
      <span className="visually-hidden">{word}: </span>
      {item.item} {values.length > 0 && <span className={styles.values}>{values.join(" → ")}</span>}
    </li>
  );
}
