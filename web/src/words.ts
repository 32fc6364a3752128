// Every word the console says, by the room that says it.

export const words = {
  status: {
    pending: "Queued", scheduled: "Scheduled", ready: "Ready", running: "Running", waiting: "Waiting",
    retrying: "Retrying", decided: "Decided", completed: "Completed", failed: "Failed", failing: "Failing",
    cancelling: "Stopping", cancelled: "Stopped", skipped: "Not taken", parked: "Parked",
  },
  ui: {
    close: "Close", cancel: "Cancel", save: "Save", retry: "Try again", copy: "Copy", copied: "Copied",
    download: "Download", loading: "Loading", more: "Show more", somethingWrong: "Something went wrong.",
    away: "Penstock could not be reached. Trying again.",
  },
  shell: {
    pipelines: "Pipelines", runs: "Runs", approvals: "Approvals", agents: "Agents and tools",
    account: "Keys and people", system: "System", skip: "Skip to the page", workspace: "Workspace",
    signOut: "Sign out", commands: "Search or do…", main: "Main", lost: "This page does not exist.",
  },
  account: {
    signIn: "Sign in", email: "E-mail", password: "Password", name: "Name", again: "Your session is over",
    againWhy: "Sign in again. Nothing on this page is lost.", byProvider: "Sign in with",
  },
  pipelines: {},
  editor: {},
  run: {},
  runs: {},
  approvals: {},
  agents: {},
  system: {},
  log: {},
} as const;
