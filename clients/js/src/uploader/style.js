/** The uploader's style: custom properties, with defaults for light and dark pages. */

export const CSS = `
:host {
  --accent: var(--asset-uploader-accent, light-dark(#2450c8, #8fb0ff));
  --ground: var(--asset-uploader-ground, light-dark(#fff, #1d2026));
  --text: var(--asset-uploader-text, light-dark(#1b1f27, #e9ebef));
  --faint: var(--asset-uploader-faint, light-dark(#5b6472, #a2abb9));
  --line: var(--asset-uploader-line, light-dark(#d3d9e2, #3c434f));
  --bad: var(--asset-uploader-bad, light-dark(#b3261e, #ff9d94));
  --good: var(--asset-uploader-good, light-dark(#146c43, #6fd6a2));
  --radius: var(--asset-uploader-radius, .9rem);
  --tint: color-mix(in srgb, var(--accent) 10%, var(--ground));
  display: block; color: var(--text);
}
:host([hidden]), [hidden] { display: none !important }
* { box-sizing: border-box }
input, p { position: absolute; width: 1px; height: 1px; margin: 0; overflow: hidden; opacity: 0 }
svg { width: 1.25em; height: 1.25em; fill: none; stroke: currentColor; stroke-width: 1.75; stroke-linecap: round; stroke-linejoin: round }
button { font: inherit; font-size: .875em; color: var(--accent); background: none; border: 1px solid #0000; border-radius: .5em; padding: .3em .55em; min-height: 2.3em; cursor: pointer; display: inline-flex; gap: .4em; align-items: center }
button:hover { background: var(--tint) }
:focus-visible, section:has(input:focus-visible) { outline: 3px solid var(--accent); outline-offset: 2px }
small, li span, [part=summary] { color: var(--faint); font-size: .875em; font-variant-numeric: tabular-nums }

section { position: relative; text-align: center; padding: 1.75rem 1rem; background: var(--ground); border: 2px dashed var(--line); border-radius: var(--radius) }
section:hover { border-color: var(--accent) }
section[part~=dragging] { border: 2px solid var(--accent); background: var(--tint) }
section:has(:disabled) { opacity: .6; border-color: var(--line) }
label { display: grid; justify-items: center; gap: .2rem; cursor: pointer; text-wrap: balance }
label::after { content: ""; position: absolute; inset: 0 }
label i { color: var(--accent); background: var(--tint); border-radius: 50%; padding: .7rem; line-height: 0; margin-bottom: .4rem }
label b { color: var(--accent) }
section button { position: relative; z-index: 1; border-color: var(--line); margin-top: .8rem }
:host([compact]) section { display: flex; align-items: center; padding: .6rem }
:host([compact]) label { grid-template-columns: auto 1fr; flex: 1; gap: 0 .7rem; justify-items: start; text-align: start }
:host([compact]) label i { padding: .5rem; margin: 0; grid-row: span 2; align-self: center }
:host([compact]) section button { margin: 0 }

[part=summary] { display: grid; grid-template-columns: 1fr auto; align-items: center; margin: .6rem .2rem 0 }
ul { margin: 0; padding: 0; overflow: auto }
li { display: grid; grid-template-columns: 2.75rem minmax(0, 1fr) auto; gap: 0 .75rem; align-items: center; margin-top: .5rem; padding: .5rem; background: var(--ground); border: 1px solid var(--line); border-radius: var(--radius) }
li > i { height: 2.75rem; border-radius: calc(var(--radius) * .6); overflow: hidden; display: grid; place-items: center; background: var(--tint); color: var(--accent) }
img { width: 100%; height: 100%; object-fit: cover; min-height: 0 }
li div { display: grid }
li b { overflow: hidden; text-overflow: ellipsis; white-space: nowrap }
[part~=remove] { color: var(--faint) }
li[part~=failed] { border-color: var(--bad) }
li[part~=failed] span { color: var(--bad) }
li[part~=done] span { color: var(--good) }
progress { appearance: none; grid-column: 1 / -1; width: 100%; height: .3rem; margin-top: .4rem; border: 0; border-radius: 1rem; overflow: hidden; background: var(--line) }
progress:not([value]) { background: linear-gradient(90deg, var(--line) 25%, var(--accent), var(--line) 75%) 0 / 200%; animation: busy 1.2s linear infinite }
@keyframes busy { from { background-position: 200% } }
@media (prefers-reduced-motion) { progress { animation: none !important } }
::-webkit-progress-bar { background: none }
::-webkit-progress-value { background: var(--accent); transition: width .2s }
::-moz-progress-bar { background: var(--accent) }
dialog { background: var(--ground); color: inherit; border: 0; border-radius: var(--radius); padding: .75rem; text-align: end; width: min(40rem, 100%) }
[part~=take], [part~=take]:hover { background: var(--accent); color: var(--ground); margin-inline-start: .5rem }
section[part~=dragging] i { background: var(--ground) }
dialog::backdrop { background: #0009 }
video { width: 100%; background: #000; border-radius: inherit }
`;
