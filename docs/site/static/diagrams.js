// Draws the Mermaid blocks, in the page's colors. Without it, they are readable text.
const READABLE_WIDTH = 900;
const blocks = [...document.querySelectorAll(".highlight-mermaid pre")].map((pre) => ({
  source: pre.textContent,
  figure: pre.closest(".highlight-mermaid"),
}));

function isDark() {
  const { theme } = document.body.dataset;
  return theme === "dark" || (theme !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
}

async function draw() {
  mermaid.initialize({ startOnLoad: false, theme: isDark() ? "dark" : "neutral", securityLevel: "strict" });
  for (const [index, { source, figure }] of blocks.entries()) {
    const { svg } = await mermaid.render(`diagram-${index}`, source);
    figure.innerHTML = svg;
    const drawn = figure.firstElementChild;
    drawn.style.minWidth = `${Math.min(READABLE_WIDTH, drawn.viewBox.baseVal.width)}px`; // the figure scrolls
    figure.classList.add("diagram");
  }
}

if (blocks.length > 0) {
  void draw();
  new MutationObserver(draw).observe(document.body, { attributeFilter: ["data-theme"] });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
}
