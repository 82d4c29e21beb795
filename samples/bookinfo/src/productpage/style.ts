import { Html } from './html.ts';

/** The look of the pages. No file, font or picture comes from anywhere else. */
export const style = new Html(`
:root{--ink:#1c2434;--soft:#5b6579;--line:#e3e7ef;--paper:#fff;--ground:#f4f6fb;--accent:#2f5fd0;--deep:#16264f;--warn:#9a3412;--warn-bg:#fff4ec}
@media (prefers-color-scheme:dark){:root{--ink:#e8ecf5;--soft:#9aa5bb;--line:#2b3449;--paper:#182033;--ground:#0f1524;--accent:#8aaeff;--deep:#0b1226;--warn:#fdba74;--warn-bg:#33200f}}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif}
a{color:var(--accent)}
header{background:linear-gradient(115deg,#16264f,#2f5fd0 70%,#5b8def);color:#fff}
.bar{max-width:1080px;margin:auto;padding:14px 20px;display:flex;align-items:center;gap:12px}
.brand{display:flex;align-items:center;gap:10px;font-weight:650;letter-spacing:.2px;color:#fff;text-decoration:none}
.brand svg{width:28px;height:28px}
.bar .user{margin-left:auto;display:flex;align-items:center;gap:10px}
.avatar{width:30px;height:30px;border-radius:50%;background:#ffffff2e;display:grid;place-items:center;font-weight:650;text-transform:uppercase}
.button{font:inherit;font-weight:600;border:1px solid #ffffff55;background:#ffffff1c;color:#fff;border-radius:9px;padding:6px 15px;cursor:pointer;text-decoration:none}
.button:hover{background:#ffffff33}
.hero{max-width:1080px;margin:auto;padding:22px 20px 52px;display:grid;grid-template-columns:auto 1fr;gap:32px;align-items:center}
.hero svg.cover{width:148px;border-radius:10px;box-shadow:0 14px 34px #0006}
.hero h1{margin:0 0 10px;font-size:clamp(26px,4.4vw,42px);line-height:1.15;letter-spacing:-.4px}
.hero p{margin:0;max-width:64ch;opacity:.94}
.hero a{color:#fff}
main{max-width:1080px;margin:-28px auto 40px;padding:0 20px;display:grid;grid-template-columns:minmax(260px,340px) 1fr;gap:22px;align-items:start}
.card{background:var(--paper);border:1px solid var(--line);border-radius:16px;padding:22px 24px;box-shadow:0 3px 14px #0d1b3d12}
.card h2{margin:0 0 14px;font-size:19px}
dl{margin:0;display:grid;grid-template-columns:auto 1fr;gap:9px 18px}
dt{color:var(--soft)}
dd{margin:0;text-align:right;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
.review{padding:16px 0;border-top:1px solid var(--line)}
.review:first-of-type{border:0;padding-top:0}
blockquote{margin:0 0 10px;font-size:17px}
.by{display:flex;flex-wrap:wrap;align-items:center;gap:6px 14px;color:var(--soft)}
.by b{color:var(--ink)}
.flex{display:flex}.gap-x-1{column-gap:3px}
.flex svg{width:20px;height:20px;display:block}
.served{margin:14px 0 0;padding-top:14px;border-top:1px solid var(--line);color:var(--soft);font-size:14px}
.served code{font:13px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;color:var(--ink)}
.notice{background:var(--warn-bg);color:var(--warn);border-radius:11px;padding:12px 15px}
.notice h2,.notice p{margin:0;color:inherit}.notice h2{font-size:17px;margin-bottom:3px}
[popover]{border:1px solid var(--line);border-radius:18px;background:var(--paper);color:var(--ink);padding:26px;width:min(360px,92vw);box-shadow:0 26px 80px #0009}
[popover]::backdrop{background:#0b12269c;backdrop-filter:blur(3px)}
[popover] h2{margin:0 0 6px}[popover] p{margin:0 0 16px;color:var(--soft);font-size:14px}
label{display:block;font-size:14px;font-weight:600;margin-bottom:12px}
input{display:block;width:100%;margin-top:5px;font:inherit;padding:9px 12px;border:1px solid var(--line);border-radius:9px;background:var(--ground);color:inherit}
input:focus{outline:2px solid var(--accent);outline-offset:1px}
form .button{width:100%;background:#2f5fd0;border:0;padding:10px}
form .button:hover{background:#264fb0}
table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:9px 12px;border-top:1px solid var(--line);vertical-align:top}
.wide{grid-column:1/-1}
@media (max-width:760px){main{grid-template-columns:1fr}.hero{grid-template-columns:1fr;gap:18px}.hero svg.cover{width:104px}}
`);
