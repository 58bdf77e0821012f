// Decides which page the address means, and whether somebody is signed in to see it.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { lazy, Suspense, useCallback, useEffect, useMemo } from "react";
import { Refusal } from "./api/request";
import { currentUser } from "./api/session";
import type { MeView } from "./api/wire";
import { FleetPage } from "./fleet/FleetPage";
import { fleetStore } from "./live/fleetStore";
import { fleetStream } from "./live/fleetStream";
import { navigate, usePath } from "./route/location";
import { type Page, pageAt, pathAfterSignIn, SIGN_IN_PATH } from "./route/pages";
import { Shell } from "./shell/Shell";
import { SignedInContext } from "./shell/signedIn";
import { UnknownPage } from "./shell/UnknownPage";
import { Unreachable } from "./shell/Unreachable";
import { ProvedPage } from "./sign-in/ProvedPage";
import { SignInPage } from "./sign-in/SignInPage";

// Apart, because the charts are a third of all the script and the fleet needs none.
const MachinePage = lazy(() => import("./machine/MachinePage"));
// Few open these, and seldom.
const SettingsPage = lazy(() => import("./settings/SettingsPage"));
const NetworkPage = lazy(() => import("./network/NetworkPage"));
const CommandsPage = lazy(() => import("./commands/CommandsPage"));
const ComposePage = lazy(() => import("./commands/compose/ComposePage"));
const ScriptsPage = lazy(() => import("./commands/scripts/ScriptsPage"));
const BatchPage = lazy(() => import("./commands/batch/BatchPage"));
const NewPasswordPage = lazy(() => import("./settings/account/NewPasswordPage"));

export function App() {
  const page = pageAt(usePath());
  const queries = useQueryClient();
  const session = useQuery({
    queryKey: ["user"],
    queryFn: ({ signal }): Promise<MeView | null> => currentUser(signal),
    staleTime: Infinity,
  });

  const leave = useCallback(() => {
    const here = window.location.pathname + window.location.search;
    queries.clear();
    fleetStore.clear();
    queries.setQueryData(["user"], null);
    navigate(here === "/" ? SIGN_IN_PATH : `${SIGN_IN_PATH}?next=${encodeURIComponent(here)}`, "replace");
  }, [queries]);

  const refused = session.error instanceof Refusal && session.error.status === 401;
  const nobody = refused || session.data === null;
  useEffect(() => {
    if (nobody && page.name !== "sign-in" && page.name !== "proved") leave();
  }, [nobody, page.name, leave]);

  if (page.name === "proved") return <ProvedPage />;
  if (session.isPending) return null;
  if (nobody) return <SignInPage onSignedIn={(user) => enter(user)} />;
  if (!session.data) return <Unreachable retry={() => void session.refetch()} />;
  return <SignedInPages user={session.data} page={page} leave={leave} />;

  function enter(user: MeView) {
    const next = pathAfterSignIn(window.location.search);
    queries.setQueryData(["user"], user);
    navigate(next, "replace");
  }
}

function SignedInPages({ user, page, leave }: { user: MeView; page: Page; leave: () => void }) {
  const mustChange = user.must_change_password;
  useEffect(() => {
    if (mustChange) return;
    fleetStream.start(leave);
    return () => fleetStream.stop();
  }, [leave, mustChange]);

  useEffect(() => {
    if (page.name === "sign-in") navigate(pathAfterSignIn(window.location.search), "replace");
  }, [page.name]);

  const signedIn = useMemo(() => ({ user, leave }), [user, leave]);
  if (mustChange) {
    return <SignedInContext value={signedIn}><Suspense fallback={null}><NewPasswordPage /></Suspense></SignedInContext>;
  }
  return (
    <SignedInContext value={signedIn}>
      <Shell>
        {page.name === "fleet" && <FleetPage />}
        {page.name === "unknown" && <UnknownPage />}
        <Suspense fallback={null}>
          {page.name === "machine" && <MachinePage key={page.id} id={page.id} />}
          {page.name === "network" && <NetworkPage />}
          {page.name === "commands" && <CommandsPage />}
          {page.name === "compose" && <ComposePage />}
          {page.name === "scripts" && <ScriptsPage />}
          {page.name === "batch" && <BatchPage key={page.id} id={page.id} />}
          {page.name === "settings" && <SettingsPage section={page.section} />}
        </Suspense>
      </Shell>
    </SignedInContext>
  );
}
