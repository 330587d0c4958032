"""The published files of the page."""

from pathlib import Path

from local.site import published

SOURCE = """/** A module. */

/**
 * Fetches it.
 * @param {string} url
 */
export async function get(url) {
  // Not cached.
  const address = `https://${url}`; // kept: it shares a line
  const pattern = /\\/\\*/; const cast = /** @type {any} */ (address);
  return fetch(cast ?? "/** no comment */");
}
"""
PUBLISHED = """
export async function get(url) {
const address = `https://${url}`; // kept: it shares a line
const pattern = /\\/\\*/; const cast = /** @type {any} */ (address);
return fetch(cast ?? "/** no comment */");
}
"""


def test_scripts_are_published_without_comments_and_indentation(tmp_path: Path) -> None:
    script = tmp_path / "script.js"
    script.write_text(SOURCE)
    assert published(script).decode() == PUBLISHED


def test_other_files_are_published_unchanged(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text(SOURCE)
    assert published(page) == page.read_bytes()
