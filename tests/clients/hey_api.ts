// A program on the client that @hey-api/openapi-ts makes: the folder hey is generated.
import { createClient } from "./hey/client";
import { logIn, logOut, me, register, showSessions } from "./hey/sdk.gen";
import type { ProblemDetails } from "./hey/types.gen";

const [server = "", username = ""] = process.argv.slice(2);
const password = "a fine day for a walk";

const nameOf = (problem: ProblemDetails | undefined): string => problem?.type.split("#")[1] ?? "none";

async function main(): Promise<void> {
  const anybody = createClient({ baseUrl: server });
  const registration = { username, email: `${username}@example.com`, password };
  const registered = await register({ client: anybody, body: registration });
  const wrong = await logIn({ client: anybody, body: { username, password: "a wrong password", kind: "bearer" } });
  // @ts-expect-error: a login without its password
  const incomplete = await logIn({ client: anybody, body: { username } });
  const login = await logIn({ client: anybody, body: { username, password, kind: "bearer" } });

  const user = createClient({ baseUrl: server, auth: login.data?.token ?? "" });
  const current = await me({ client: user });
  const page = await showSessions({ client: user, query: { limit: 10 } });
  const loggedOut = await logOut({ client: user });
  const ended = await me({ client: user });

  console.log(
    JSON.stringify({
      registered: registered.data?.username,
      wrong: nameOf(wrong.error),
      incomplete: incomplete.error?.errors?.map((field) => field.pointer),
      me: current.data?.email,
      sessions: page.data?.sessions.map((session) => session.kind),
      loggedOut: loggedOut.response?.status,
      ended: nameOf(ended.error),
    }),
  );
}

void main();
