// An OAuth issuer on loopback: client credentials, and JWT access tokens for a resource indicator.
// Arguments: the module of the provider. Standard input: its JWKS. Prints its address.
import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import { pathToFileURL } from "node:url";

const { Provider } = await import(pathToFileURL(process.argv[2]));
const jwks = JSON.parse(await text(process.stdin));

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
