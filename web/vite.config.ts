import locales from "@react-aria/optimize-locales-plugin";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

// Addresses are relative to <base>, which the api sets: it may stand behind a path of a proxy.
export default defineConfig({
  base: "./",
  // The console speaks English: what its parts say in thirty other languages is left out.
  plugins: [{ ...locales.vite({ locales: ["en-US"] }), enforce: "pre" }, react()],
  build: {
    target: "es2022", assetsInlineLimit: 0, reportCompressedSize: true,
    // What the frame needs every page loads: as one file it is packed better than as twenty.
    rolldownOptions: { output: { codeSplitting: { groups: [{ name: "frame", test: /src\/shell\/Shell\.tsx$/ }] } } },
  },
  server: { proxy: { "/api": "http://127.0.0.1:8080", "/health": "http://127.0.0.1:8080" } },
});
