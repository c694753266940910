// An OAuth issuer on loopback: client credentials, and JWT access tokens for a resource indicator.
// Arguments: the module of the provider. Standard input: a line with its JWKS. Prints its address.
// Ends when standard input ends, also if the process that starts it is killed.
import { once } from "node:events";
import { createServer } from "node:http";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const { Provider } = await import(pathToFileURL(process.argv[2]));
const lines = createInterface({ input: process.stdin });
lines.on("close", () => process.exit());
const [line] = await once(lines, "line");
const jwks = JSON.parse(line);

const server = createServer();
server.listen(0, "127.0.0.1", () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const scopes = ["events:write", "context:read"];
  const provider = new Provider(issuer, {
    jwks,
    scopes,
    clients: [
      {
        client_id: "support-agent",
        client_secret: "a secret of tests alone",
        grant_types: ["client_credentials"],
        redirect_uris: [],
        response_types: [],
      },
    ],
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_context, resource) => ({
          scope: scopes.join(" "),
          audience: resource,
          accessTokenFormat: "jwt",
        }),
      },
    },
  });
  server.on("request", provider.callback());
  console.log(issuer);
});
