import type { Asset, AssetChanges, AssetListResponse, AssetUploadResponse, DeleteManyResponse, DeleteResponse, EraseResponse, Filters, GenerateOptions, GenerateResponse, ImportOptions, ImportResponse, Job, JobListResponse, PageOptions, UploadOptions, Usage, WaitOptions } from "../interfaces.js";
/**
 * A client of the Asset Upload API. Every method rejects with AssetApiError, or with the reason of its `signal`.
 *
 * Lost connections, rate limits and transient failures are retried, `retries` times.
 */
export declare class AssetClient {
    #private;
    /**
     * @param {string} baseUrl for example `https://d111111abcdef8.cloudfront.net`; empty for the page's own host
     * @param {string} token
     * @param {{fetch?: typeof globalThis.fetch, retries?: number}} [options] `fetch` replaces the default transport
     */
    constructor(baseUrl: string, token: string, { fetch, retries }?: {
        fetch?: typeof globalThis.fetch;
        retries?: number;
    });
    /** Replaces the token for all requests from now on. */
    set token(/** @type {string} */ token: string);
    /**
     * Uploads a file of up to 50 MB: in one request up to 4 MiB, else straight to S3. It is public when this resolves.
     *
     * @param {Blob} file for example a File, or of Node's `fs.openAsBlob`
     * @param {UploadOptions} [options]
     * @returns {Promise<AssetUploadResponse>}
     */
    upload(file: Blob, options?: UploadOptions): Promise<AssetUploadResponse>;
    /**
     * @param {number} [limit] 1 to 100
     * @param {number} [offset]
     * @returns {Promise<AssetListResponse>} newest first
     */
    listAssets(limit?: number, offset?: number): Promise<AssetListResponse>;
    /**
     * Lists a page by cursor, at the same cost at any depth.
     *
     * @param {PageOptions} [options]
     * @returns {Promise<AssetListResponse>} newest first
     */
    listPage({ limit, cursor, fileType, tag, q, signal }?: PageOptions): Promise<AssetListResponse>;
    /**
     * Iterates over all assets, newest first, page by page.
     *
     * @param {Filters & {pageSize?: number, signal?: AbortSignal}} [options]
     * @returns {AsyncGenerator<Asset, void, void>}
     */
    assets({ pageSize, ...options }?: Filters & {
        pageSize?: number;
        signal?: AbortSignal;
    }): AsyncGenerator<Asset, void, void>;
    /**
     * @param {string} asset an id or a URL
     * @returns {Promise<Asset>}
     */
    get(asset: string): Promise<Asset>;
    /**
     * Changes the properties given, and no others.
     *
     * @param {string} asset an id or a URL
     * @param {AssetChanges} changes `expiresIn` in seconds from now, null for never
     * @returns {Promise<Asset>}
     */
    update(asset: string, { filename, ...options }: AssetChanges): Promise<Asset>;
    /**
     * @param {string} asset an id or a URL
     * @param {{keepalive?: boolean}} [options] `keepalive` completes the request even if the page is left
     * @returns {Promise<DeleteResponse>}
     */
    delete(asset: string, { keepalive }?: {
        keepalive?: boolean;
    }): Promise<DeleteResponse>;
    /**
     * Deletes any number of assets, a hundred per request.
     *
     * @param {Iterable<string>} assets ids or URLs
     * @param {{keepalive?: boolean}} [options]
     * @returns {Promise<DeleteManyResponse>}
     */
    deleteMany(assets: Iterable<string>, { keepalive }?: {
        keepalive?: boolean;
    }): Promise<DeleteManyResponse>;
    /**
     * The URL of a rendition, such as `w640.webp`, `frame-last.png` or `frame-poster-w320.webp`. No request is made.
     *
     * @param {string} asset an id or a URL
     * @param {string} rendition
     */
    renditionUrl(asset: string, rendition: string): string;
    /**
     * Starts to import a file from a public URL; `waitForJob` resolves to the job with its `asset_url`.
     *
     * @param {string} url
     * @param {ImportOptions} [options]
     * @returns {Promise<ImportResponse>}
     */
    importUrl(url: string, { filename, idempotencyKey, signal, ...options }?: ImportOptions): Promise<ImportResponse>;
    /** @returns {Promise<Usage>} */
    usage(): Promise<Usage>;
    /**
     * Erases everything that the owner has, for good; `waitForJob` resolves when it is done.
     *
     * @returns {Promise<EraseResponse>}
     */
    eraseOwner(): Promise<EraseResponse>;
    /**
     * Starts a generation. In `input`, `asset:<id>` stands for the URL of an asset of yours, and `asset:<id>#frame=last` for its
     * last frame's.
     *
     * @param {GenerateOptions} options
     * @returns {Promise<GenerateResponse>}
     */
    generate({ prompt, modelId, input, idempotencyKey, signal, ...options }: GenerateOptions): Promise<GenerateResponse>;
    /**
     * @param {string} jobId
     * @returns {Promise<Job>}
     */
    getJob(jobId: string): Promise<Job>;
    /**
     * @param {{limit?: number, cursor?: string | null}} [options]
     * @returns {Promise<JobListResponse>} newest first
     */
    listJobs({ limit, cursor }?: {
        limit?: number;
        cursor?: string | null;
    }): Promise<JobListResponse>;
    /**
     * @param {string} jobId
     * @returns {Promise<Job>} unchanged if it had already ended
     */
    cancelJob(jobId: string): Promise<Job>;
    /**
     * Waits for a job to complete: a generation, an import or an erasure.
     *
     * @param {string} jobId
     * @param {WaitOptions} [options]
     * @returns {Promise<Job>} the completed job
     */
    waitForJob(jobId: string, options?: WaitOptions): Promise<Job>;
}
