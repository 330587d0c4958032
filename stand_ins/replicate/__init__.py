"""A stand-in for Replicate's HTTP API on 127.0.0.1, for `make run` and the tests: no account, no money, real videos.

    python -m stand_ins.replicate --port N --api-token T --webhook-secret whsec_… [--speed 1.0] [--state DIR]
                                       [--delivery-port N] [--too-large-bytes N] [--stop-with-stdin]

It implements https://replicate.com/docs/reference/http and the pages about webhooks and the prediction lifecycle:
    POST /v1/models/{owner}/{name}/predictions   POST /v1/predictions   GET /v1/predictions[?created_after=&cursor=]
    GET /v1/predictions/{id}   POST /v1/predictions/{id}/cancel   GET /v1/webhooks/default/secret
It fetches the input image from its URL and renders an H.264 MP4 of it. It serves outputs under `/delivery/`, on a
separate port with `--delivery-port`, and removes them after an hour. A prediction takes 8 s. `--speed` divides this
and every other duration, `Cancel-After` and the hour included, but not the silence of
`create-times-out-after-creating`, which has to outlast the client's timeout.

Any `owner/name` behaves well. The model's name selects misbehavior for a test:

| model `stand-in/…`               | behavior |
| -------------------------------- | --------- |
| `behaves`                        | nothing unusual |
| `slow`                           | takes 20 times as long |
| `never-starts`                   | stays `starting` until its deadline, then is `aborted` |
| `never-ends`                     | stays `processing` until canceled by a request, its deadline or after 30 minutes |
| `fails`                          | `failed`, with an error about the content |
| `aborts`                         | `aborted` without ever running |
| `rejects-input`                  | create returns 422 and names the field |
| `unauthorized`                   | create returns 401 for any token |
| `out-of-credit`                  | create returns 402 |
| `throttles-twice`                | the first two creates with the same body return 429 with `retry_after` |
| `errors-500`                     | create returns 500 and creates nothing |
| `errors-500-once`                | the first create with the same body returns 500 and creates nothing |
| `errors-500-after-creating`      | the first create with the same body creates a prediction, but returns 500 |
| `create-times-out-after-creating`| create creates a prediction, but sends nothing for 40 s |
| `create-breaks-off-after-creating`| create creates a prediction, but closes the connection at once |
| `create-breaks-off`              | create closes the connection at once and creates nothing |
| `get-errors-500`                 | get returns 500 |
| `cancel-errors-500`              | cancel returns 500 and cancels nothing |
| `drops-webhook`                  | no webhook is sent |
| `duplicates-webhook`             | each webhook is sent three times with one id, the first two at once |
| `late-webhook`                   | each webhook is sent two minutes late |
| `out-of-order-webhooks`          | sends the last event, then `processing`, then `starting`, whatever the filter |
| `forges-webhook`                 | sends four forged webhooks with `failed` at the start: see `messages.FORGERIES` |
| `output-list`                    | the output is a list with one URL |
| `output-object`                  | the output is an object with the URL under `video` |
| `output-data-url`                | the output is a `data:` URL |
| `output-null`                    | succeeds without an output |
| `output-elsewhere`               | the URL's host is not the delivery host |
| `output-not-a-video`             | HTML with the file name and content type of an MP4 |
| `output-too-large`               | 600 MiB (`--too-large-bytes`), declared by Content-Length |
| `output-too-large-undeclared`    | the same without a Content-Length |
| `output-gone`                    | 404 at once |
| `output-redirects-elsewhere`     | redirects to a host other than the delivery host, which serves the video |
| `output-redirects-within`        | redirects to another path on the delivery host, which serves the video |
| `output-truncated`               | the connection closes after half of the declared Content-Length |

Any other `stand-in/…` model does not exist: 404. `behaviors.version_of(model)` returns the id of a model's version,
for `owner/name:version`; any other id of 64 hexadecimal digits is treated as a version of `stand-in/behaves`.

For tests only, without a token:
    GET  /stand-in/health        200
    GET  /stand-in/predictions   {"create_requests": n, "elsewhere_requests": n, "predictions": [{…, "webhooks": […]}]}:
                                 every prediction ever created (and paid for), oldest first, with every webhook
                                 attempt, and the number of requests to the host that is not the delivery host
    POST /stand-in/webhooks      {"drop": true}: send no webhooks; {"drop": false}: send them again
    POST /stand-in/api           {"down": true}: every API call returns 503; {"down": false}: back to normal
"""
