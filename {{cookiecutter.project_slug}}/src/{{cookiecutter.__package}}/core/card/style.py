"""How the page of a card looks: on a desk, on a phone, in the dark and on paper."""

# What every page of the project looks like, the service's own too.
GROUND = """\
:root {
  --ground: #ffffff; --ink: #1b1f24; --soft: #57606a; --line: #d8dee4; --band: #f6f8fa; --link: #0a58a8;
  --good: #1a7f37; --bad: #b42318; --open: #8a5a00;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #12161c; --ink: #e6e9ed; --soft: #9aa4af; --line: #313944; --band: #1a2028; --link: #7cb7f5;
    --good: #4fc26b; --bad: #ff8a7a; --open: #e0b04c;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--ground); color: var(--ink);
  font: 1rem/1.6 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
}
"""
STYLE = (
    GROUND
    + """\
main { max-width: 58rem; margin: 0 auto; padding: 2.5rem 1.25rem 4rem; overflow-wrap: break-word; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 1rem; }
h2 { font-size: 1.35rem; line-height: 1.3; margin: 3rem 0 0.75rem; }
h2 { padding-top: 1rem; border-top: 1px solid var(--line); }
h3 { font-size: 1.08rem; margin: 2rem 0 0.5rem; }
h1 + p { font-size: 1.12rem; }
p, ul { margin: 0.75rem 0; max-width: 46rem; }
li { margin: 0.3rem 0; }
a { color: var(--link); }
a:focus-visible, .scroll:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
code { font: 0.9em ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
p code, li code { background: var(--band); border-radius: 4px; padding: 0.1em 0.3em; }
nav ul { display: flex; flex-wrap: wrap; gap: 0.25rem 1.25rem; list-style: none; padding: 0; }
nav li { margin: 0; }
blockquote {
  margin: 1.25rem 0; padding: 0.1rem 1rem; background: var(--band); border-left: 5px solid var(--open);
  border-radius: 0 6px 6px 0;
}
blockquote strong { color: var(--open); }
blockquote.good { border-color: var(--good); }
blockquote.good strong { color: var(--good); }
blockquote.bad { border-color: var(--bad); }
blockquote.bad strong { color: var(--bad); }
.scroll { overflow-x: auto; margin: 1rem 0; }
table { border-collapse: collapse; font-size: 0.92rem; font-variant-numeric: tabular-nums; }
th, td { padding: 0.35rem 1.2rem 0.35rem 0; text-align: left; vertical-align: top; white-space: nowrap; }
/* Sentences stand in the last column, and numbers are the cells with a style of their own. */
td:last-child:not([style]) { white-space: normal; min-width: 14rem; }
tr > * { border-bottom: 1px solid var(--line); }
tbody th { font-weight: inherit; position: sticky; left: 0; background: var(--ground); }
thead th { color: var(--soft); font-weight: 600; white-space: nowrap; border-bottom-width: 2px; }
.pictures { display: flex; flex-wrap: wrap; gap: 1rem; margin: 1.25rem 0; }
.picture { margin: 1.25rem 0; }
img {
  max-width: 100%; width: 27rem; height: auto; padding: 0.5rem; background: #ffffff; border: 1px solid var(--line);
  border-radius: 8px;
}
@media (prefers-color-scheme: dark) { img { filter: brightness(0.9); } }
@media (min-width: 56rem), print {
  .picture { float: left; margin: 0.5rem 2.5rem 1rem 0; }
  .picture ~ :not(.scroll) { clear: both; }
  .picture + .scroll { margin-top: 0; }
}
@media (max-width: 40rem) {
  main { padding: 1.5rem 1rem 3rem; }
  h1 { font-size: 1.5rem; }
}
@media print {
  :root { --ground: #ffffff; --ink: #000000; --soft: #444444; --line: #bbbbbb; --band: #f4f4f4; --link: #000000; }
  @page { margin: 16mm 15mm; }
  html { font-size: 10pt; }
  main { max-width: none; padding: 0; }
  nav { display: none; }
  h2 { margin-top: 1.5rem; }
  h2, h3, h2 + p, h3 + p { break-after: avoid; }
  th, td { white-space: normal; }
  td:last-child:not([style]) { min-width: 0; }
  img { width: 20rem; }
  .pictures img { width: calc(50% - 0.5rem); }
  tr, img, blockquote { break-inside: avoid; }
  .scroll { overflow: visible; }
}
"""
)
