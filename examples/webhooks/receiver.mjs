// A webhook receiver: `ASSETS_WEBHOOK_SECRET=whsec_… node receiver.mjs` listens on port 9000, or PORT.

import { createServer } from "node:http";
import { buffer } from "node:stream/consumers";

import { verifyWebhook } from "asset-upload-client/webhooks";

const secret = process.env.ASSETS_WEBHOOK_SECRET;
// In production, use your database: the same event may arrive twice, even at the same time.
const seen = new Set();

// Put your own work here; if it takes more than a few seconds, queue it and respond first.
async function handle(event) {
  console.log(event.type, JSON.stringify(event.data));
}

const server = createServer(async (request, response) => {
  // The raw bytes: parsed and serialized again, they would have another signature.
  const body = await buffer(request);
  let event;
  try {
    event = await verifyWebhook(body, request.headers, secret);
  } catch {
    response.writeHead(400).end();
    return;
  }
  const id = request.headers["webhook-id"];
  if (!seen.has(id)) {
    await handle(event);
    seen.add(id);
  }
  response.writeHead(204).end();
});

server.listen(process.env.PORT ?? 9000, "127.0.0.1");
