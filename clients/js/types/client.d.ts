import type { Asset, AssetChanges, AssetListResponse, AssetUploadResponse, ClientOptions, DeleteManyResponse, DeleteResponse, DownloadOptions, EraseResponse, FileDownloadOptions, Filters, GenerateOptions, GenerateResponse, ImportOptions, ImportResponse, Job, JobListResponse, ManyOptions, PageOptions, SignedUrlOptions, StreamOptions, TokenSource, UploadOptions, UploadOutcome, UploadSource, Usage, WaitOptions } from "../interfaces.js";
/**
 * A client of the Asset Upload API. Every method rejects with AssetApiError, with the reason of its `signal`, or with a
 * TypeError for an invalid argument.
 *
 * Lost connections, rate limits and transient failures are retried, up to `retries` times.
 */
export declare class AssetClient {
    #private;
    /**
     * @param {string} baseUrl for example `https://d111111abcdef8.cloudfront.net`; empty for the page's own host
     * @param {TokenSource} token
     * @param {ClientOptions} [options]
     */
    constructor(baseUrl: string, token: TokenSource, { fetch, retries }?: ClientOptions);
    /** Replaces the token for all requests from now on. */
    set token(/** @type {TokenSource} */ token: TokenSource);
    /**
     * Uploads a file: in one request up to 4 MiB, otherwise straight to S3, above 50 MB in parts. Resolves once it is published.
     *
     * @param {UploadSource} file
     * @param {UploadOptions} [options]
     * @returns {Promise<AssetUploadResponse>}
     */
    upload(file: UploadSource, options?: UploadOptions): Promise<AssetUploadResponse>;
    /**
     * Aborts the unfinished upload in parts that `upload` would resume for the same file and options: its parts are removed, and the
     * file is never published. To pause an upload, abort its signal instead.
     *
     * @param {UploadSource} file
     * @param {UploadOptions} [options]
     * @returns {Promise<boolean>} false if there is none
     */
    abortUpload(file: UploadSource, options?: UploadOptions): Promise<boolean>;
    /**
     * Uploads many files, several at once; resolves with an outcome for each, in order. A failed file does not stop the others.
     * Uploads keep to the rate limit that the service states, and wait together once it is used up.
     *
     * @param {Iterable<UploadSource>} files
     * @param {ManyOptions} [options]
     * @returns {Promise<UploadOutcome[]>}
     */
    uploadMany(files: Iterable<UploadSource>, options?: ManyOptions): Promise<UploadOutcome[]>;
    /**
     * @param {number} [limit] 1 to 100
     * @param {number} [offset]
     * @returns {Promise<AssetListResponse>} newest first
     */
    listAssets(limit?: number, offset?: number): Promise<AssetListResponse>;
    /**
     * Lists a page by cursor, whose cost is the same at any depth.
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
     * @param {string} asset an id or a URL
     * @param {{keepalive?: boolean}} [options] `keepalive` sends the request even if the user leaves the page
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
     * Changes only the given properties.
     *
     * @param {string} asset an id or a URL
     * @param {AssetChanges} changes `expiresIn` in seconds from now, null for never
     * @returns {Promise<Asset>}
     */
    update(asset: string, { filename, ...options }: AssetChanges): Promise<Asset>;
    /**
     * Returns the URL of a rendition, such as `w640.webp`, `frame-last.png` or `frame-poster-w320.webp`, without a request.
     *
     * @param {string} asset an id or a URL
     * @param {string} rendition
     */
    renditionUrl(asset: string, rendition: string): string;
    /**
     * Resolves with a URL of a private asset that works for an hour, or for `expiresIn` seconds (60 to 604,800).
     *
     * @param {string} asset an id or a URL
     * @param {SignedUrlOptions} [options]
     * @returns {Promise<string>}
     */
    signedUrl(asset: string, { expiresIn, rendition, signal }?: SignedUrlOptions): Promise<string>;
    /** @returns {Promise<Usage>} */
    usage(): Promise<Usage>;
    /**
     * Erases everything that the owner has, permanently; `waitForJob` resolves when it is done.
     *
     * @returns {Promise<EraseResponse>}
     */
    eraseOwner(): Promise<EraseResponse>;
    download(asset: string, options: FileDownloadOptions): Promise<string>;
    download(asset: string, options?: DownloadOptions): Promise<Blob>;
    /**
     * Streams an asset's bytes; fails at their end if they do not match the asset's size and checksum.
     *
     * @param {string} asset an id or a URL
     * @param {StreamOptions} [options]
     * @returns {Promise<ReadableStream<Uint8Array>>}
     */
    stream(asset: string, options?: StreamOptions): Promise<ReadableStream<Uint8Array>>;
    /**
     * Starts importing a file from a public URL; `waitForJob` resolves to the job with its `asset_url`.
     *
     * @param {string} url
     * @param {ImportOptions} [options]
     * @returns {Promise<ImportResponse>}
     */
    importUrl(url: string, { filename, idempotencyKey, signal, ...options }?: ImportOptions): Promise<ImportResponse>;
    /**
     * Starts a generation. In `input`, `asset:<id>` stands for the URL of your asset, and `asset:<id>#frame=last` for that of its
     * last frame.
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
