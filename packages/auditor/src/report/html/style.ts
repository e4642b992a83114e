/** The page's only style sheet. Its hash stands in the page's policy, so that no other style can apply. */
export const style = `
:root{color-scheme:light dark;
--back:#fff;--raised:#f4f6f8;--text:#1b2530;--quiet:#55626f;--line:#d5dce3;--link:#0b5cad;
--critical:#8c1238;--high:#b3261e;--medium:#8a5300;--low:#1f5f8b;--none:#55626f;--good:#1c6b3a;--bar:#5b7fa6;--track:#e3e8ed}
@media(prefers-color-scheme:dark){:root{
--back:#12171d;--raised:#1b222b;--text:#e4e9ee;--quiet:#9aa8b5;--line:#323d49;--link:#7db8f0;
--critical:#ff7aa2;--high:#ff8a80;--medium:#ffb74d;--low:#81c0ee;--none:#9aa8b5;--good:#7bd49a;--bar:#6f97c2;--track:#2a343f}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;scroll-padding-top:1rem}
body{margin:0;background:var(--back);color:var(--text);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
main,header,footer{max-width:76rem;margin:0 auto;padding:0 1.25rem}
header{padding-top:2rem}
h1{font-size:1.75rem;line-height:1.2;margin:0 0 .35rem}
h2{font-size:1.3rem;line-height:1.25;margin:2.75rem 0 .6rem;padding-top:.75rem;border-top:2px solid var(--line)}
h3{font-size:1.05rem;margin:1.5rem 0 .4rem}
h4{font-size:1rem;margin:1rem 0 .25rem}
p{margin:.4rem 0;max-width:48rem}
a{color:var(--link)}
ul,ol{padding-left:1.4rem;margin:.4rem 0;max-width:48rem}
li{margin:.2rem 0}
.quiet{color:var(--quiet)}
.small{font-size:.875rem}
abbr{text-decoration:none}
.lead{font-size:1.2rem;line-height:1.4;margin:1rem 0;max-width:52rem}
.tiles{display:grid;grid-template-columns:repeat(4,1fr);gap:.75rem;margin:1.25rem 0;padding:0;list-style:none;max-width:none}
.tiles li{background:var(--raised);border:1px solid var(--line);border-radius:.5rem;padding:.7rem .9rem;margin:0}
.tiles b{display:block;font-size:1.5rem;line-height:1.25;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
.tiles span{color:var(--quiet);font-size:.875rem}
nav ul{display:flex;flex-wrap:wrap;gap:.25rem 1.1rem;padding:0;margin:1rem 0;list-style:none;max-width:none}
.scroll{overflow-x:auto;width:fit-content;max-width:100%;margin:.6rem 0 1rem;border:1px solid var(--line);border-radius:.5rem}
table{border-collapse:collapse;font-size:.9rem}
caption{text-align:left;font-weight:600;padding:.6rem .7rem;background:var(--raised)}
caption span{font-weight:400;color:var(--quiet)}
th,td{padding:.4rem .7rem;text-align:left;vertical-align:top;border-top:1px solid var(--line)}
thead th{font-size:.8rem;color:var(--quiet);font-weight:600;vertical-align:bottom}
td.number,th.number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
tr.total td,tr.total th{font-weight:700;border-top:2px solid var(--quiet);background:var(--raised)}
tbody th{font-weight:500;min-width:8rem;max-width:26rem;overflow-wrap:anywhere}
td{max-width:34rem;overflow-wrap:anywhere}
.code{font-family:ui-monospace,"Cascadia Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:.85em;overflow-wrap:anywhere}
.address{overflow-wrap:anywhere}
.hidden{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.badge{display:inline-block;border:1px solid currentColor;border-radius:.3rem;padding:0 .4rem;font-size:.78rem;font-weight:600;line-height:1.45;white-space:nowrap}
.critical{color:var(--critical)}.high{color:var(--high)}.medium{color:var(--medium)}.low{color:var(--low)}.none{color:var(--none)}
.good{color:var(--good)}.bad{color:var(--medium)}.ugly{color:var(--high)}.clear{color:var(--quiet)}
.notice{border-left:4px solid var(--medium);background:var(--raised);padding:.6rem .9rem;margin:1rem 0;border-radius:0 .4rem .4rem 0;max-width:52rem}
.steps>li{margin:.7rem 0}
details{border:1px solid var(--line);border-radius:.5rem;margin:.6rem 0;padding:0 .9rem}
details>summary{cursor:pointer;padding:.6rem 0;font-weight:600}
details[open]{padding-bottom:.7rem}
details details{margin:.5rem 0}
details .scroll{margin:.5rem 0}
.count{font-weight:400;color:var(--quiet)}
dl.facts{display:grid;grid-template-columns:max-content 1fr;gap:.15rem 1rem;margin:.6rem 0;max-width:60rem}
dl.facts dt{color:var(--quiet)}
dl.facts dd{margin:0;overflow-wrap:anywhere}
.bars{display:grid;grid-template-columns:max-content minmax(6rem,22rem) max-content;gap:.35rem .9rem;align-items:center;margin:.6rem 0;padding:0;list-style:none;max-width:none}
.bars li{display:grid;grid-template-columns:subgrid;grid-column:1/-1;margin:0;align-items:center}
.bars svg{display:block;width:100%;height:1rem;border-radius:.2rem;background:var(--track)}
.bars rect{fill:var(--bar)}
.bars b{font-variant-numeric:tabular-nums}
footer{margin-top:3rem;padding-top:1rem;padding-bottom:2.5rem;border-top:1px solid var(--line);color:var(--quiet);font-size:.875rem}
@media(max-width:60rem){.tiles{grid-template-columns:1fr 1fr}}
@media(max-width:34rem){body{font-size:15px}main,header,footer{padding-left:.9rem;padding-right:.9rem}
.tiles{grid-template-columns:1fr 1fr;gap:.5rem}.tiles b{font-size:1.15rem}.bars{grid-template-columns:1fr max-content}.bars span{grid-column:1/-1}
details{padding:0 .6rem}th,td{padding:.35rem .5rem}dl.facts{grid-template-columns:1fr;gap:0}dl.facts dd{margin-bottom:.35rem}}
@media print{:root{color-scheme:light;--back:#fff;--raised:#f2f2f2;--text:#000;--quiet:#444;--line:#bbb;--link:#000;--critical:#8c1238;--high:#b3261e;--medium:#7a4a00;--low:#1f5f8b;--none:#444;--good:#1c6b3a}
body{font-size:10pt}nav{display:none}main,header,footer{max-width:none;padding:0}.scroll{overflow:visible;border:0}
table{font-size:8.5pt}tr,.tiles li{break-inside:avoid}h2,h3,summary{break-after:avoid}thead{display:table-header-group}
details:not([open])::details-content{content-visibility:visible;block-size:auto}a{text-decoration:none}}
`;
