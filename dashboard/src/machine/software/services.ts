// Services of systemd or launchd: the section `services`. The wire's shape ends here.
import { numberIn, objectIn, objectsIn, textIn } from "../untrusted";

export interface FailedService {
  name: string;
  status: string | null;
  since: string | null;
}

export interface Services {
  manager: string | null;
  total: number | null;
  running: number | null;
  failed: FailedService[];
  services: { name: string; state: string }[];
  isCut: boolean;
}

export function readServices(value: unknown): Services {
  const section = objectIn(value);
  return {
    manager: textIn(section.manager), total: numberIn(section.total), running: numberIn(section.running),
    failed: objectsIn(section.failed).map((each) => ({ name: textIn(each.name) ?? "?", status: textIn(each.status), since: textIn(each.since) })),
    services: objectsIn(section.services).map((each) => ({ name: textIn(each.name) ?? "?", state: textIn(each.state) ?? "–" })),
    isCut: section.is_cut === true,
  };
}
