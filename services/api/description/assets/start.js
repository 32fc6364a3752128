"use strict";

// Addresses are relative to the page: behind a path of a proxy, the root of the host is somebody else's.
const root = new URL(".", window.location.href).href;

// The policy under which the page is served forbids other origins; here nothing is left that would
// ask for them: no telemetry, no fonts from elsewhere, no proxy, no assistant.
Scalar.createApiReference("#reference", {
  url: `${root}openapi.json`,
  servers: [{ url: root.slice(0, -1) }],
  telemetry: false,
  withDefaultFonts: false,
  agent: { disabled: true, hideAddApi: true },
  mcp: { disabled: true },
  showDeveloperTools: "never",
  hideClientButton: true,
  documentDownloadType: "direct",
  defaultHttpClient: { targetKey: "shell", clientKey: "curl" },
  // A token is forgotten with the page.
  persistAuth: false,
  authentication: { preferredSecurityScheme: "token" },
  orderSchemaPropertiesBy: "preserve",
});
