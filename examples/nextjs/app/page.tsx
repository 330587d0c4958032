import { connection } from "next/server";
import { Uploader } from "./uploader";

export default async function Page() {
  await connection(); // read the environment when the page is requested, not when it is built
  return (
    <main>
      <h1>Upload</h1>
      <Uploader url={process.env.ASSETS_URL!} />
    </main>
  );
}
