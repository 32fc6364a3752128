import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { Problem } from "./api/client";
import { shareStreams } from "./log/shared/console";
import { router } from "./router";
import "./shell/fresh";
import "./shell/theme";
import "./ui/tokens.css";
import "./ui/ground.css";
import "./ui/field.css";
import "./ui/table.css";

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      // What the api refuses stays refused; what could not be reached may be in a moment.
      retry: (count, error) => count < 3 && !(error instanceof Problem && error.status >= 400 && error.status < 500),
      staleTime: 5_000,
    },
  },
});

shareStreams();

createRoot(document.getElementById("root")!).render(
  <StrictMode>
    <QueryClientProvider client={queries}>
      <RouterProvider router={router} />
    </QueryClientProvider>
  </StrictMode>,
);
