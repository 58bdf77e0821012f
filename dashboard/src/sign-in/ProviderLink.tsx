// The way to the identity provider, where there is one.
import { useQuery } from "@tanstack/react-query";
import { fetchMethods } from "../api/session";
import styles from "./SignInPage.module.css";

export function ProviderLink() {
  const methods = useQuery({ queryKey: ["methods"], queryFn: ({ signal }) => fetchMethods(signal), staleTime: Infinity, retry: false });
  const provider = methods.data?.oidc;
  if (!provider) return null;
  // No page of ours: the server sends the browser on.
  return <a className={styles.provider} href="/api/auth/oidc/start" data-testid="provider">Sign in with {provider.name}</a>;
}
