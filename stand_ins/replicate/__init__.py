"""A stand-in for Replicate's HTTP API on 127.0.0.1, for `make run` and the tests: no account, no money, real videos.

    python -m stand_ins.replicate --port N --api-token T --webhook-secret whsec_… [--speed 1.0] [--state DIR]
                                       [--delivery-port N] [--too-large-bytes N] [--stop-with-stdin]

It speaks what https://replicate.com/docs/reference/http and the pages on webhooks and on the prediction lifecycle say:
    POST /v1/models/{owner}/{name}/predictions   POST /v1/predictions   GET /v1/predictions[?created_after=&cursor=]
    GET /v1/predictions/{id}   POST /v1/predictions/{id}/cancel   GET /v1/webhooks/default/secret
It fetches the input image from its URL and makes an H.264 MP4 of it. Outputs are served under `/delivery/`, on a port
of their own with `--delivery-port`, and vanish after an hour. All its durations are divided by `--speed`: a prediction
takes 8 s, `Cancel-After` and the hour included; only its silence (below) lasts as long as clients' time-outs do.

Any `owner/name` behaves well. A test chooses misbehaviour by the model's name:

| model `stand-in/…`               | does |
| -------------------------------- | ---- |
| `behaves`                        | nothing unusual |
| `slow`                           | takes 20 times as long |
| `never-starts`                   | stays `starting` until its deadline makes it `aborted` |
| `never-ends`                     | stays `processing` until canceled, or until its deadline or 30 minutes do that |
| `fails`                          | `failed`, with words about the content |
| `aborts`                         | `aborted` without ever running |
| `rejects-input`                  | create answers 422 and says which field |
| `unauthorized`                   | create answers 401 whatever the token |
| `out-of-credit`                  | create answers 402 |
| `throttles-twice`                | the first two creates of the same body answer 429 with `retry_after` |
| `errors-500`                     | create answers 500; nothing is created |
| `errors-500-once`                | the first create of the same body answers 500; nothing is created by it |
| `errors-500-after-creating`      | the first create of the same body creates, and answers 500 |
| `create-times-out-after-creating`| create creates, and stays silent for 40 s |
| `create-breaks-off-after-creating`| create creates, and closes the connection at once |
| `create-breaks-off`              | create closes the connection at once; nothing is created |
| `get-errors-500`                 | getting it answers 500 |
| `cancel-errors-500`              | canceling answers 500 and does nothing |
| `drops-webhook`                  | no webhook is sent |
| `duplicates-webhook`             | each comes three times under one id, the first two at once |
| `late-webhook`                   | each comes two minutes late |
| `out-of-order-webhooks`          | the last event, then `processing`, then `starting`, whatever was asked for |
| `forges-webhook`                 | at the start come four that say `failed`: see `messages.FORGERIES` |
| `output-list`                    | the output is a list with one URL |
| `output-object`                  | the output is an object with the URL under `video` |
| `output-data-url`                | the output is a `data:` URL |
| `output-null`                    | succeeds without an output |
| `output-elsewhere`               | the URL names a host that is not the delivery host |
| `output-not-a-video`             | HTML under the name and type of an MP4 |
| `output-too-large`               | 600 MiB (`--too-large-bytes`), as its Content-Length says |
| `output-too-large-undeclared`    | the same without a Content-Length |
| `output-gone`                    | 404 at once |
| `output-redirects-elsewhere`     | redirects to a host that is not the delivery host, and has the video |
| `output-redirects-within`        | redirects to another path of the delivery host, which has the video |
| `output-truncated`               | the connection closes after half of what Content-Length says |

Another `stand-in/…` is a model that does not exist: 404. `behaviours.version_of(model)` is the id of a model's version,
for `owner/name:version`; any other id of 64 hexadecimal digits is taken for a version of `stand-in/behaves`.

For tests only, without a token:
    GET  /stand-in/health        200
    GET  /stand-in/predictions   {"create_requests": n, "elsewhere_requests": n, "predictions": [{…, "webhooks": […]}]}:
                                 all that were ever created (and paid for), oldest first, with every attempt at a
                                 webhook, and how often the host that is not the delivery host was asked
    POST /stand-in/webhooks      {"drop": true}: no webhook is sent any more; {"drop": false} ends that
    POST /stand-in/api           {"down": true}: every call of the API answers 503; {"down": false} ends that
"""
