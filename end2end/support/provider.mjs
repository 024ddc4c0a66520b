// A certified OpenID provider as a process of its own. It listens at once, on SECAPI_PROVIDER_PORT,
// tells its parent where, and answers once the parent has told it which client to expect.

import { createServer } from "node:http";
import Provider from "oidc-provider";

let answer = (_, response) => response.writeHead(503).end();
const server = createServer((request, response) => answer(request, response));

server.listen(Number(process.env.SECAPI_PROVIDER_PORT ?? 0), "127.0.0.1", () => {
  process.send({ issuer: `http://127.0.0.1:${server.address().port}` });
});

process.on("message", ({ issuer, client, jwks }) => {
  const provider = new Provider(issuer, {
    clients: [client],
    jwks,
    cookies: { keys: ["only for tests"] },
    claims: { email: ["email", "email_verified"], profile: ["name"] },
    findAccount: (_, address) => ({
      accountId: address,
      claims: () => ({ sub: address, email: address, email_verified: true, name: address.split("@")[0] }),
    }),
  });
  answer = provider.callback();
  process.send({ ready: true });
});
process.on("disconnect", () => process.exit());
