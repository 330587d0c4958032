export { AssetClient } from "./client.js";
export { AssetApiError, JobFailedError } from "./errors.js";
export { WebhookNotVerifiedError, verifyWebhook } from "./webhooks.js";
