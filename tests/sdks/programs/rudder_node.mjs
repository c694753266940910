// Sends calls with RudderStack's SDK for Node. By default it gives up after three retries, within
// two seconds; the restart of the service may take longer.
import RudderAnalytics from "@rudderstack/rudder-sdk-node";
import { steps, user } from "./until_told.mjs";

const analytics = new RudderAnalytics(process.env.WRITE_KEY, {
  dataPlaneUrl: process.env.WAYPATH_URL,
  flushInterval: 500,
  retryCount: 10,
});

analytics.identify({ userId: user, traits: { email: `${user}@acme.example` } });
await steps((number) =>
  analytics.track({ userId: user, event: "Stepped", properties: { number } }),
);
analytics.page({ userId: user, name: "Pricing", category: "Docs", properties: { url: "/pricing" } });
analytics.screen({ userId: user, name: "Pricing", category: "Docs" });
analytics.group({ userId: user, groupId: "acme", traits: { email: "info@acme.example" } });
analytics.alias({ userId: user, previousId: `visitor-${user}` });
await analytics.flush();
