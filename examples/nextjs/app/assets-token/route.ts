import { SignJWT } from "jose";

/** The signed-in user: replace this with your session. Here everyone is `me`, the owner of `make run`'s page. */
async function currentUser(): Promise<string | null> {
  return "me";
}

/** Give the user's browser a token, with which it uploads straight to the service. */
export async function POST() {
  const user = await currentUser();
  if (!user) return Response.json({ detail: "Sign in first" }, { status: 401 });
  // During a rotation there are several secrets, comma-separated: the first one signs.
  const secret = new TextEncoder().encode(process.env.ASSETS_SECRET!.trim().split(",")[0]);
  const token = await new SignJWT()
    .setProtectedHeader({ alg: "HS256" })
    .setSubject(user)
    .setIssuedAt()
    .setExpirationTime("15m")
    .sign(secret);
  return Response.json({ token });
}
