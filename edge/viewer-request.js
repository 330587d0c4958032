import cf from 'cloudfront';

// The viewer-request function of every cache behaviour: CloudFront Functions, JavaScript runtime 2.0.
// It decides by method and path which origin answers. For GET and HEAD the path alone decides, because the
// origin is not part of CloudFront's cache key. tests/edge/cases.json is the table of what it must do.
//
// The runtime is ES 5.1 and a little more: no for-of, classes, destructuring, spread or default parameters
// (CloudFront developer guide, "JavaScript runtime 2.0 features for CloudFront Functions").

// (?!\n): the runtime's regular expressions, unlike the standard's, let $ match before a last line feed.
const ASSET_PATH = /^\/api\/v2\/assets\/[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}(?!\n)$/;
const OPENAPI_PATH = '/api/v2/openapi.json';
const UPLOAD_PATH = '/api/v2/upload-asset';

const DIRECT_UPLOAD_LIMIT_BYTES = 4 * 1024 * 1024;
const MULTIPART_ENVELOPE_BYTES = 64 * 1024; // boundaries and part headers around the file

// Changing or deleting one of these makes CloudFront answer 502 ("Restrictions on all edge functions").
const READ_ONLY_HEADERS = ['content-length', 'host', 'transfer-encoding', 'via'];
const ASSET_HEADERS = [
    'if-match', 'if-modified-since', 'if-none-match', 'if-range', 'if-unmodified-since', 'origin', 'range',
];
const SITE_HEADERS = ASSET_HEADERS.concat('accept-encoding'); // the page is text: CloudFront compresses it

async function handler(event) {
    const request = event.request;
    const reads = request.method === 'GET' || request.method === 'HEAD';
    if (reads && ASSET_PATH.test(request.uri)) {
        request.uri = request.uri.toLowerCase(); // S3 keys are exact; ids are lower case
        return toBucket(request, 'assets', ASSET_HEADERS);
    }
    if (reads && (request.uri === OPENAPI_PATH || !request.uri.startsWith('/api/'))) {
        return toBucket(request, 'site', SITE_HEADERS);
    }
    if (isTooLargeForOneRequest(request)) {
        return directUploadTooLarge(event.context.requestId);
    }
    return toApi(request);
}

// A bucket gets no query, cookie, credential or x-amz-* header: ?response-content-type=text/html would be a
// stored XSS, and the others either break the origin access control's signature or mean something to S3.
function toBucket(request, originId, forwarded) {
    Object.keys(request.headers).forEach((name) => {
        if (!forwarded.includes(name) && !READ_ONLY_HEADERS.includes(name)) {
            delete request.headers[name];
        }
    });
    request.querystring = {};
    request.cookies = {};
    cf.selectRequestOriginById(originId);
    return request;
}

// The API cannot know the public host otherwise: the Host it receives is API Gateway's own. What the client
// claims is never passed on.
function toApi(request) {
    const host = valueOf(request, 'host');
    delete request.headers['x-forwarded-host'];
    if (host) {
        request.headers['x-forwarded-host'] = { value: host };
    }
    cf.selectRequestOriginById('api');
    return request;
}

function isTooLargeForOneRequest(request) {
    const length = valueOf(request, 'content-length');
    return request.method === 'POST'
        && request.uri === UPLOAD_PATH
        && /^multipart\/form-data\s*(;|$)/i.test(valueOf(request, 'content-type'))
        && /^[0-9]+$/.test(length)
        && Number(length) > DIRECT_UPLOAD_LIMIT_BYTES + MULTIPART_ENVELOPE_BYTES;
}

// The same words as asset_api.platform.errors.direct_upload_too_large.
function directUploadTooLarge(requestId) {
    const problem = {
        type: 'urn:asset-upload-api:problem:direct-upload-too-large',
        title: 'Content too large',
        status: 413,
        detail: 'File too large for one request, which takes 4 MiB (4,194,304 bytes). '
            + 'Send larger files, up to 50 MB (52,428,800 bytes), with an upload form: '
            + 'POST the file\'s name and size to /api/v2/upload-asset as application/json',
        request_id: requestId,
    };
    return {
        statusCode: 413,
        statusDescription: 'Content Too Large',
        headers: {
            'access-control-allow-origin': { value: '*' },
            'cache-control': { value: 'no-store' },
            'content-type': { value: 'application/problem+json' },
        },
        body: { encoding: 'text', data: JSON.stringify(problem) },
    };
}

function valueOf(request, name) {
    const header = request.headers[name];
    return (header && header.value) || '';
}
