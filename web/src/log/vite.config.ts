import { defineConfig } from "vite";

// The package: `npm run log` in web/, then `npm pack ./src/log`.
export default defineConfig({
  build: {
    target: "es2022",
    minify: false,
    outDir: "src/log/dist",
    lib: { entry: { index: "src/log/index.ts", react: "src/log/react.ts" }, formats: ["es"] },
    rolldownOptions: { external: ["react"] },
  },
});
