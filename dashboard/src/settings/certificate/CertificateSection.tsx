// The server's certificate: whose it is, how long it lasts, what agents check.
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { fetchCertificate, renewCertificate } from "../../api/certificate";
import type { CertificateView } from "../../api/wire";
import { counted } from "../../format/quantities";
import { exactTime, parseTime_s } from "../../format/times";
import { Button } from "../../shell/Button";
import { Badge } from "../Badge";
import { ConfirmDialog } from "../ConfirmDialog";
import { Box, Loaded, Section } from "../Section";
import { useAct } from "../useAct";
import styles from "./CertificateSection.module.css";

const SOURCE: Record<CertificateView["source"], string> = {
  own: "the server's own; it renews it by itself",
  files: "from the files in the settings; whoever wrote them renews it",
  acme: "from a certificate authority, by ACME; the server renews it by itself",
};

export function CertificateSection() {
  const certificate = useQuery({ queryKey: ["certificate"], queryFn: ({ signal }) => fetchCertificate(signal) });
  const [renewing, setRenewing] = useState(false);
  const renew = useAct(renewCertificate, "certificate", () => setRenewing(false));
  const mayRenew = certificate.data !== undefined && certificate.data.source !== "files";
  return (
    <Section title="Certificate" intro="What browsers and agents check when they meet this server."
      action={mayRenew && <Button onClick={() => setRenewing(true)}>Renew now…</Button>}>
      <Loaded query={certificate}>{(answer) => <Box><Facts certificate={answer} /></Box>}</Loaded>
      {renewing && (
        <ConfirmDialog title="Renew the certificate?" deed="Renew it now" tone="primary" act={{ ...renew, mutate: () => renew.mutate(undefined) }} onClose={() => setRenewing(false)}>
          <p>New connections get the new certificate; none that are open break. The key stays the same, so agents notice nothing.</p>
        </ConfirmDialog>
      )}
    </Section>
  );
}

function Facts({ certificate }: { certificate: CertificateView }) {
  const facts: [string, React.ReactNode][] = [
    ["State", <State key="state" certificate={certificate} />],
    ["Where it is from", SOURCE[certificate.source]],
    ["Names", certificate.names.join(", ")],
    ["Issuer", certificate.issuer],
    ["Good from", exactTime(parseTime_s(certificate.not_before))],
    ["Good until", exactTime(parseTime_s(certificate.not_after))],
    ["Pin", <code key="pin">{certificate.pin}</code>],
    ["Next pin", certificate.next_pin === null ? "none: the key stays" : <code key="next">{certificate.next_pin}</code>],
    ...(certificate.next_pin === null ? [] : [["Agents that know it", knownBy(certificate)] satisfies [string, string]]),
  ];
  return (
    <dl className={styles.facts}>
      {facts.map(([label, value]) => <div key={label}><dt>{label}</dt><dd>{value}</dd></div>)}
    </dl>
  );
}

const knownBy = ({ agents_told, agents, key_change_waits }: CertificateView) =>
  `${agents_told} of ${agents}${key_change_waits ? "; it is served as soon as 95 % do" : ""}`;

function State({ certificate: { state, days_left, last_error } }: { certificate: CertificateView }) {
  const left = days_left < 0 ? `expired ${counted(-days_left, "day")} ago` : `${counted(days_left, "day")} left`;
  if (state === "ok") return <><Badge tone="good">fine</Badge> {left}</>;
  if (state === "expiring") return <><Badge tone="amber">expiring</Badge> {left}</>;
  return <><Badge tone="red">renewal fails</Badge> {left}{last_error === null ? "" : `: ${last_error}`}</>;
}
