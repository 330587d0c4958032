import cf from 'cloudfront';
import crypto from 'crypto';

// The viewer-request function of every cache behavior: CloudFront Functions, JavaScript runtime 2.0.
// ROUTES chooses a request's origin; tests/edge/cases.json lists the expected results.
//
// The runtime is ES 5.1 and a little more: no for-of, classes, destructuring, spread or default parameters
// (CloudFront developer guide, "JavaScript runtime 2.0 features for CloudFront Functions").

const ASSET = '^/api/v2/assets/[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}';
// The ladder of asset_api.assets.rendition_names.
const SIZE = 'w(?:160|320|640|960|1280|1920)\\.(?:webp|jpg)';
const FRAME = 'frame-(?:first|last|poster)(?:-' + SIZE + '|\\.png)';
const END = '(?!\\n)$'; // in this runtime, unlike the standard, $ also matches before a final line feed

// The keys that verify signed URLs, inserted by CloudFormation (Custom::UrlSigningKeys). Anything else is not a key.
const SIGNING_KEYS = '${UrlSigningKeys.Value}'.split(',').filter((key) => key.length === 43);

const READS = ['GET', 'HEAD'];
const ANY = null;
const ANYTHING = /^/;
// None of our paths has these. A cache that normalized them would find files under paths unknown to ROUTES.
const NOT_NORMAL = /%|\\|\/\/|\/\./;

// The first match wins. CloudFront's cache key has no origin, so for GET and HEAD only the path may decide.
const ROUTES = [
    { methods: ['OPTIONS'], path: ANYTHING, handle: toApi }, // the API handles all preflights
    { methods: READS, path: NOT_NORMAL, handle: refuseUnknownPath },
    { methods: READS, path: new RegExp(ASSET + '(?:/' + SIZE + '|/' + FRAME + ')?' + END), handle: toAssets },
    // The API's routes below an asset. Any other path there is a 404 that costs no compute.
    { methods: ANY, path: new RegExp(ASSET + '/(?:complete|metadata|signed-url)' + END), handle: toApi },
    { methods: ANY, path: new RegExp(ASSET + '/'), handle: refuseUnknownPath },
    { methods: ['POST'], path: new RegExp('^/api/v2/upload-asset' + END), handle: toUpload },
    { methods: READS, path: new RegExp('^/api/v2/openapi\\.json' + END), handle: toSite },
    { methods: ANY, path: /^\/api\//, handle: toApi },
    { methods: READS, path: ANYTHING, handle: toSite },
    { methods: ANY, path: ANYTHING, handle: toApi }, // the API's own 404
];

// CloudFormation inserts the parameter. Here and in tests it is not a number, so the default applies.
const MAX_UPLOAD_BYTES = Number('${MaxUploadBytes}') || 50 * 1024 * 1024;
const DIRECT_UPLOAD_LIMIT_BYTES = 4 * 1024 * 1024;
const MULTIPART_ENVELOPE_BYTES = 64 * 1024; // boundaries and part headers around the file

// CloudFront responds 502 if a function changes or deletes one of these ("Restrictions on all edge functions").
const READ_ONLY_HEADERS = ['content-length', 'host', 'transfer-encoding', 'via'];
const ASSET_HEADERS = [
    'if-match', 'if-modified-since', 'if-none-match', 'if-range', 'if-unmodified-since', 'origin', 'range',
];
const SITE_HEADERS = ASSET_HEADERS.concat('accept-encoding'); // CloudFront compresses the page

async function handler(event) {
    const request = event.request;
    const route = ROUTES.find((each) => (
        (each.methods === ANY || each.methods.includes(request.method)) && each.path.test(request.uri)
    ));
    return route.handle(request, event.context);
}

// The keys of asset_api.assets.public_urls. No viewer can request a private file's key, from S3 or from the cache.
function toAssets(request) {
    const path = request.uri.toLowerCase(); // S3 keys are exact; ids are lower case
    const query = verifiedQuery(path, request.querystring);
    // API Gateway's routes match whole segments, and frames have their own function, hence the folder.
    request.uri = path.replace('/frame-', '/frames/frame-');
    toBucket(request, 'assets', ASSET_HEADERS, [403]);
    if (query) {
        request.uri = request.uri.replace(new RegExp(ASSET), '$&/private');
        request.headers['x-verified-query'] = { value: query }; // for the API, if S3 has no such file
    }
    return request;
}

// The query of asset_api.assets.signed_urls, in exactly that form; '' for any other, which counts as no query.
function verifiedQuery(path, parameters) {
    const expires = onlyValue(parameters.expires);
    const signature = onlyValue(parameters.signature);
    const isVerified = Object.keys(parameters).length === 2
        && new RegExp('^[1-9][0-9]{9}' + END).test(expires)
        && Date.now() < Number(expires) * 1000
        && SIGNING_KEYS.some((key) => isEqual(signature, (
            crypto.createHmac('sha256', key).update(path + '\n' + expires).digest('base64url')
        )));
    return isVerified ? 'expires=' + expires + '&signature=' + signature : '';
}

function onlyValue(parameter) {
    return parameter && !parameter.multiValue ? parameter.value : '';
}

// Constant time, wherever the signatures differ.
function isEqual(text, expected) {
    let difference = text.length ^ expected.length;
    for (let i = 0; i < expected.length; i++) {
        difference |= text.charCodeAt(i) ^ expected.charCodeAt(i);
    }
    return difference === 0;
}

function toSite(request) {
    return toBucket(request, 'site', SITE_HEADERS, [400, 403]); // 400: a key too long for S3
}

// A bucket gets no query, cookie, credential or x-amz-* header: ?response-content-type=text/html would be a
// stored XSS, and the others would break origin access control's signature or have a meaning for S3.
function toBucket(request, originId, forwarded, missing) {
    Object.keys(request.headers).forEach((name) => {
        if (!forwarded.includes(name) && !READ_ONLY_HEADERS.includes(name)) {
            delete request.headers[name];
        }
    });
    request.querystring = {};
    request.cookies = {};
    // Without s3:ListBucket, a missing key is a 403 from S3. The API responds with the 404.
    cf.createRequestOriginGroup({
        originIds: [{ originId: originId }, { originId: 'api' }],
        failoverCriteria: { statusCodes: missing },
    });
    return request;
}

// API Gateway replaces Host with its own and claims X-Forwarded-* for itself, so the public host is sent in our own
// header. Viewers' headers with the names of ours are dropped.
function toApi(request) {
    const host = valueOf(request, 'host');
    delete request.headers['x-viewer-host'];
    delete request.headers['x-verified-query'];
    if (host) {
        request.headers['x-viewer-host'] = { value: host };
    }
    cf.selectRequestOriginById('api');
    return request;
}

function toUpload(request, context) {
    const length = valueOf(request, 'content-length');
    const isTooLarge = /^multipart\/form-data\s*(;|$)/i.test(valueOf(request, 'content-type'))
        && /^[0-9]+$/.test(length)
        && Number(length) > DIRECT_UPLOAD_LIMIT_BYTES + MULTIPART_ENVELOPE_BYTES;
    return isTooLarge ? refuseLargeUpload(request, context) : toApi(request);
}

// The same text as asset_api.platform.errors.direct_upload_too_large.
function refuseLargeUpload(request, context) {
    return problem(
        413,
        'direct-upload-too-large',
        'Content too large',
        'File too large for one request, which takes 4 MiB (4,194,304 bytes). '
            + 'Send larger files, up to ' + megabytes(MAX_UPLOAD_BYTES) + ', with an upload form: '
            + 'POST the file\'s name and size to /api/v2/upload-asset as application/json',
        context
    );
}

function megabytes(size) {
    const grouped = String(size).replace(/\B(?=(?:[0-9]{3})+$)/g, ',');
    return Math.floor(size / (1024 * 1024)) + ' MB (' + grouped + ' bytes)';
}

// The same text as asset_api.platform.errors.not_found.
function refuseUnknownPath(request, context) {
    return problem(404, 'not-found', 'Not found', 'Not found: the API has no such path and method', context);
}

function problem(status, slug, title, detail, context) {
    return {
        statusCode: status,
        statusDescription: title,
        headers: {
            'access-control-allow-origin': { value: '*' },
            'cache-control': { value: 'no-store' },
            'content-type': { value: 'application/problem+json' },
        },
        body: {
            encoding: 'text',
            data: JSON.stringify({
                type: 'urn:asset-upload-api:problem:' + slug,
                title: title,
                status: status,
                detail: detail,
                request_id: context.requestId,
            }),
        },
    };
}

function valueOf(request, name) {
    const header = request.headers[name];
    return (header && header.value) || '';
}
