import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { Refusal } from "./api/request";
import { App } from "./App";
import { startTheme } from "./shell/theme";
import "./tokens.css";
import "./base.css";

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      // What the server refused it would refuse again; only an unreachable one is retried.
      retry: (failures, error) => failures < 3 && error instanceof Refusal && (error.status === 0 || error.status >= 500),
      refetchOnWindowFocus: false,
    },
  },
});

startTheme();
const root = document.getElementById("root");
if (root) {
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={queries}>
        <App />
      </QueryClientProvider>
    </StrictMode>,
  );
}
