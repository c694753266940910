// Sends calls with Segment's SDK for Node.
import { Analytics } from "@segment/analytics-node";
import { steps, user } from "./until_told.mjs";

const analytics = new Analytics({
  host: process.env.WAYPATH_URL,
  writeKey: process.env.WRITE_KEY,
  flushInterval: 500,
});

analytics.identify({ userId: user, traits: { email: `${user}@acme.example` } });
await steps((number) =>
  analytics.track({ userId: user, event: "Stepped", properties: { number } }),
);
analytics.page({ userId: user, name: "Pricing", category: "Docs", properties: { url: "/pricing" } });
analytics.screen({ userId: user, name: "Pricing", category: "Docs" });
analytics.group({ userId: user, groupId: "acme", traits: { email: "info@acme.example" } });
analytics.alias({ userId: user, previousId: `visitor-${user}` });
await analytics.closeAndFlush({ timeout: 60_000 });
