/** @import {TokenSource} from "../interfaces.js" */

/** The token of each request: a string, or the result of a function that is called again when a token is refused. */
export class Tokens {
  /** @type {Promise<string> | undefined} */
  #issued;

  /** @param {TokenSource} source */
  constructor(source) {
    if (typeof source !== "string" && typeof source !== "function") {
      throw new TypeError("The token must be a string, or a function that returns or resolves with one");
    }
    this.source = typeof source === "string" ? checked(source) : source;
  }

  get canRenew() {
    return typeof this.source === "function";
  }

  /**
   * @param {string} [refused] a token that the API refused
   * @returns {Promise<string>}
   */
  async current(refused) {
    if (typeof this.source === "string") return this.source;
    const issued = this.#issued;
    // Requests that were refused together renew the token once.
    if ((!issued || (await issued) === refused) && this.#issued === issued) this.#issued = this.#renewed(this.source);
    return /** @type {Promise<string>} */ (this.#issued);
  }

  /** @param {() => string | Promise<string>} issue */
  async #renewed(issue) {
    try {
      return checked(await issue());
    } catch (error) {
      this.#issued = undefined; // the next request asks again
      throw error;
    }
  }
}

/**
 * @param {string} token
 * @throws {TypeError} if it cannot be a header's value; `fetch` would report that like a lost connection
 */
function checked(token) {
  if (/[^\x20-\x7e]/.test(`${token}`.trim())) throw new TypeError("The token has characters that no token can have");
  return token;
}
