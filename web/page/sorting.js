/** The gallery's pages, in the chosen order. The API lists newest first; other orders are sorted here. */

const PAGE_SIZE = 24;
const FETCH_SIZE = 100;
/** The most files that are fetched for sorting. */
export const MAX_SORTED = 1000;

const byName = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" }).compare;
const ORDERS = {
  oldest: (one, other) => one.uploaded_at.localeCompare(other.uploaded_at),
  name: (one, other) => byName(one.filename, other.filename),
  size: (one, other) => other.size_bytes - one.size_bytes,
};

/** Returns a function that resolves with the next page: `{assets, isLast, isPartial}`. */
export function pagesOf(client, order, filters) {
  let cursor;
  const fetchAssets = async (limit) => {
    const page = await client.listPage({ limit, cursor, ...filters });
    cursor = page.next_cursor;
    return page.assets;
  };
  if (!ORDERS[order]) return async () => ({ assets: await fetchAssets(PAGE_SIZE), isLast: cursor === null });
  const all = [];
  let isSorted = false;
  return async () => {
    while (cursor !== null && all.length < MAX_SORTED && !isSorted) all.push(...(await fetchAssets(FETCH_SIZE)));
    if (!isSorted) all.sort(ORDERS[order]);
    isSorted = true;
    return { assets: all.splice(0, PAGE_SIZE), isLast: all.length === 0, isPartial: cursor !== null };
  };
}
